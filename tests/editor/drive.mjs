// Drives a YAML language server over stdio as an editor does: opens a file with two faults and one without, and prints
// what the server says of them and what it proposes, as JSON. Arguments: the server's script, the repository.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const [script, root] = process.argv.slice(2);
const settings = {
  validate: true,
  completion: true,
  schemas: { [`file://${root}/schemas/model.schema.json`]: ["models/**/*.yml"] },
};
const server = spawn("node", [script, "--stdio"]);
const answers = new Map();
const diagnostics = new Map();
let buffer = Buffer.alloc(0);
let asked = 0;

function send(message) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function ask(method, params) {
  return new Promise((done) => {
    asked += 1;
    answers.set(asked, done);
    send({ id: asked, method, params });
  });
}

function receive(message) {
  if (message.method === "textDocument/publishDiagnostics") {
    diagnostics.set(message.params.uri, message.params.diagnostics);
  }
  if (message.id !== undefined && message.method) {
    const wanted = message.method === "workspace/configuration" ? message.params.items : [];
    send({ id: message.id, result: wanted.map((item) => (item.section === "yaml" ? settings : null)) });
  } else {
    answers.get(message.id)?.(message.result);
  }
}

server.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});

async function open(name, text) {
  const uri = `file://${root}/${name}`;
  diagnostics.delete(uri);
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  for (let waited = 0; waited < 100 && !diagnostics.has(uri); waited += 1) {
    await new Promise((done) => setTimeout(done, 100));
  }
  // A first answer may come before the schema is read.
  await new Promise((done) => setTimeout(done, 1000));
  return { uri, messages: (diagnostics.get(uri) ?? []).map((found) => `${found.range.start.line + 1}: ${found.message}`) };
}

await ask("initialize", {
  processId: null,
  rootUri: `file://${root}`,
  capabilities: { textDocument: { completion: {} }, workspace: { configuration: true } },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings: { yaml: settings } } });
const faulty = await open(
  "models/faulty.yml",
  "dimension: store\nfrom: shop.stores\nnatural_kye: store_id\non_delete: closed\nattributes:\n  city: { scd: 2 }\n",
);
const proposed = await ask("textDocument/completion", { textDocument: { uri: faulty.uri }, position: { line: 6, character: 0 } });
const sound = await open("models/facts/order_line.yml", readFileSync(`${root}/models/facts/order_line.yml`, "utf8"));
console.log(JSON.stringify({
  faulty: faulty.messages,
  proposed: (proposed?.items ?? proposed ?? []).map((item) => item.label),
  sound: sound.messages,
}));
server.kill();
