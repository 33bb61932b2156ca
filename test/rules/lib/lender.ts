/** A helper of a program that begins a transaction of Sequelize's, lends its handle, and ends it. */
export const WITH_TRANSACTION = `
        const sequelize = require("./db");
        module.exports = async (work) => {
          const t = await sequelize.transaction();
          try {
            const result = await work(t);
            await t.commit();
            return result;
          } catch (error) {
            await t.rollback();
            throw error;
          }
        };`;
