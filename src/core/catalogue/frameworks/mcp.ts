import type { Framework } from "../framework.js";

/** https://github.com/modelcontextprotocol/typescript-sdk/blob/main/docs/server.md */
export const mcp: Framework = {
  name: "MCP server",
  specifiers: ["@modelcontextprotocol/sdk", "@modelcontextprotocol/sdk/server/mcp.js", "@modelcontextprotocol/sdk/server/mcp", "@modelcontextprotocol/sdk/server/index.js", "@modelcontextprotocol/sdk/server", "fastmcp"],
  aliases: [{ path: /^(McpServer|Server|FastMCP)new\(\)(\.server)?$/, as: "server" }],
  types: ["McpServer", "Server", "FastMCP"].map((type) => ({ type, as: "server" })),
  callbackParams: [],
  registrations: [
    { path: /^server\.(tool|registerTool)$/, role: ({ literals, property }) => (property === undefined ? { role: "entry", kind: "route", label: `MCP tool ${literals[0] ?? ""}`.trim() } : undefined) },
    { path: /^server\.(resource|registerResource|prompt|registerPrompt)$/, role: ({ literals, property }) => (property === undefined ? { role: "entry", kind: "route", label: `MCP ${literals[0] ?? "resource"}` } : undefined) },
    { path: /^server\.(addTool|addResource|addPrompt)$/, role: ({ property }) => (property === "execute" || property === "load" ? { role: "entry", kind: "route", label: "MCP tool" } : undefined) },
    { path: /^server\.(setRequestHandler|setNotificationHandler)$/, role: () => ({ role: "entry", kind: "route", label: "MCP request" }) },
  ],
  startups: [/^server\.connect$/],
};
