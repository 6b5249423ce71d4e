// mysql2 under test control: the same dialogue as tedious_client.js.
"use strict";

const mysql = require("mysql2");
const readline = require("readline");

function failure(error) {
  return {
    error: { number: error.errno || 0, state: error.sqlState || "", code: error.code || "",
             message: String(error.message) },
  };
}

function run(connection, step) {
  return new Promise((resolve) => {
    if (step.ping) {
      connection.ping((error) => resolve(error ? failure(error) : { rows: [] }));
      return;
    }
    const options = { sql: step.query, timeout: step.timeout || 5000, rowsAsArray: true };
    connection.query(options, (error, rows) => resolve(error ? failure(error) : { rows }));
  });
}

async function converse(request) {
  const connection = mysql.createConnection(Object.assign(
    { host: "127.0.0.1", connectTimeout: 5000 }, request.settings));
  connection.on("error", () => {});
  const error = await new Promise((resolve) => connection.connect(resolve));
  const answers = [error ? failure(error) : { login: true, thread: connection.threadId }];
  for (const step of error ? [] : request.steps) {
    answers.push(await run(connection, step));
  }
  connection.destroy();
  return answers;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await converse(JSON.parse(line))));
  }
}

main();
