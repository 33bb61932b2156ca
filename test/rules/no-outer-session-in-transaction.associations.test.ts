import { runTable, type Expected } from "./lib/table.js";

/** A row of Sequelize's in a transaction by hand, begun in line 7; `statement` stands in line 10. */
const onRow = (statement: string, more = "") => `
        import { DataTypes, Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://app");
        const Order = sequelize.define("order", { state: DataTypes.STRING });
        const Line = sequelize.define("line", { n: DataTypes.INTEGER });
        Order.hasMany(Line, { as: "lines" });${more}
        export async function close(id: number, lines: number[]) {
          const transaction = await sequelize.transaction();
          try {
            const order = await Order.findByPk(id, { transaction });
            ${statement}
            await transaction.commit();
          } catch (error) {
            await transaction.rollback();
            throw error;
          }
        }`;

const found: Expected = { line: 10, library: "sequelize", message: "because `transaction` is not passed", related: [7], fix: "manual", reason: "pass the transaction in its options" };

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "methods of Sequelize's associations",
  valid: [
    { name: "given the transaction", code: onRow("await order.setLines(lines, { transaction });") },
    { name: "read with the transaction", code: onRow("await order.getLines({ transaction });") },
    { name: "options from elsewhere", code: onRow("await order.addLines(lines, optionsOf(transaction));") },
    { name: "a method of the row's own", code: onRow(`await order.setDataValue("state", "closed");`) },
    { name: "a method that the program adds", code: onRow("await order.addLines(lines);", `
        Order.prototype.addLines = function (lines) { return lines.length; };`) },
    { name: "what is no row", code: onRow("const lengths = new Map(); lengths.addLines(lines);") },
  ],
  invalid: [
    { name: "set", code: onRow("await order.setLines(lines);"), findings: [found] },
    { name: "created", code: onRow("await order.createLine({ n: 1 });"), findings: [found] },
    { name: "read", code: onRow("const old = await order.getLines();"), findings: [found] },
  ],
});
