// tedious under test control: one JSON request a line on standard input, one JSON answer a line on
// standard output. {"settings": {port, user, password, ...}, "steps": [{"query": SQL, ...}]} is
// answered by an array: what the login came to, then each step, up to the first that lost the
// connection.
"use strict";

const { Connection, Request, TYPES } = require("tedious");
const readline = require("readline");

function failure(error) {
  const first = error.errors && error.errors.length ? error.errors[0] : error;
  return {
    error: { number: first.number || 0, severity: first.class || 0, code: error.code || "",
             message: String(first.message) },
  };
}

function connect(settings) {
  const options = Object.assign(
    { connectTimeout: 5000, requestTimeout: 5000, cancelTimeout: 1000, encrypt: false,
      trustServerCertificate: true, serverName: "localhost", rowCollectionOnRequestCompletion: true,
      connectionRetryInterval: 10, maxRetriesOnTransientErrors: 0 },
    settings.options, { port: settings.port, database: settings.database });
  const authentication = {
    type: "default", options: { userName: settings.user, password: settings.password },
  };
  const connection = new Connection({ server: "127.0.0.1", authentication, options });
  connection.on("error", () => {});
  return new Promise((resolve) => {
    connection.connect((error) => resolve({ connection, error }));
  });
}

function run(connection, step) {
  return new Promise((resolve) => {
    const lost = () => resolve({ error: { number: 0, code: "LOST", message: "connection lost" } });
    connection.once("end", lost);
    const watchdog = setTimeout(() => {
      resolve({ error: { number: 0, code: "WATCHDOG", message: "the client waits on" } });
      connection.close();
    }, step.watchdog || 10000);
    const request = new Request(step.query, (error, count, rows) => {
      connection.removeListener("end", lost);
      clearTimeout(watchdog);
      resolve(error ? failure(error)
        : { rows: rows.map((row) => row.map((cell) => cell.value)) });
    });
    for (const [name, value] of Object.entries(step.parameters || {})) {
      request.addParameter(name, TYPES.NVarChar, value);
    }
    if (step.batch) {
      connection.execSqlBatch(request);
    } else {
      connection.execSql(request);
    }
    if (step.cancelAfter) {
      setTimeout(() => connection.cancel(), step.cancelAfter);
    }
  });
}

async function converse(request) {
  const { connection, error } = await connect(request.settings);
  const answers = [error ? failure(error) : { login: true }];
  for (const step of error ? [] : request.steps) {
    answers.push(await run(connection, step));
    if (connection.closed) {
      break;
    }
  }
  connection.close();
  return answers;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await converse(JSON.parse(line))));
  }
}

main();
