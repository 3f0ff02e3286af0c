// A charge point by the npm client ocpp-rpc, strict in both directions, that does what it is told.
//
//   node ocpp_rpc_commands.mjs <endpoint> <identity> <key> <replies>
//
// <replies> is a JSON object: the payload of the answer by action; what is missing is answered
// with NotSupported. A RemoteStartTransaction that is accepted starts a transaction and a
// RemoteStopTransaction ends it, 1500 Wh later. Prints one JSON object a line: {"ready": true} once
// it has booted, then {"action", "payload"} for every call that came, {"sent", "answer"} for every
// call that it made, and {"problems"} at last: what broke a schema. It ends when its input does.
import { RPCClient, createRPCError } from "ocpp-rpc";

const [endpoint, identity, key, repliesText] = process.argv.slice(2);
const replies = JSON.parse(repliesText);
const say = (line) => console.log(JSON.stringify(line));
const now = () => new Date().toISOString();

const client = new RPCClient({
  endpoint,
  identity,
  password: key,
  protocols: ["ocpp1.6"],
  strictMode: true,
  reconnect: false,
  callTimeoutMs: 20_000,
});
const problems = [];
client.on("strictValidationFailure", (event) => problems.push(String(event.error)));
client.on("badMessage", (event) => problems.push(String(event.error)));

async function call(action, payload) {
  say({ sent: action, answer: await client.call(action, payload) });
}

const consequences = {
  RemoteStartTransaction: ({ idTag, connectorId = 1 }) =>
    call("StartTransaction", { idTag, connectorId, meterStart: 5000, timestamp: now() }),
  RemoteStopTransaction: ({ transactionId }) =>
    call("StopTransaction", {
      transactionId,
      meterStop: 6500,
      timestamp: now(),
      reason: "Remote",
    }),
};

client.handle(({ method, params }) => {
  say({ action: method, payload: params });
  const reply = replies[method];
  if (reply === undefined) throw createRPCError("NotSupported");
  if (reply.status === "Accepted" && consequences[method]) {
    setTimeout(() => consequences[method](params).catch(fail), 50);
  }
  return reply;
});

function fail(error) {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
}

try {
  await client.connect();
  await client.call("BootNotification", {
    chargePointVendor: "ocpp-rpc",
    chargePointModel: "strict",
    firmwareVersion: "2.2.1",
  });
  say({ ready: true });
  process.stdin.resume();
  process.stdin.on("end", async () => {
    await client.close();
    say({ problems });
    process.exit(0);
  });
} catch (error) {
  fail(error);
}
