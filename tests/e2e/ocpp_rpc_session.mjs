// A whole charging session by the npm client ocpp-rpc, strict in both directions.
//
//   node ocpp_rpc_session.mjs <endpoint> <identity> <key> <id token> <meter start in Wh> <started at>
//
// Every request is checked against the OCPP 1.6 schemas before it is sent and every answer when
// it arrives; one that does not fit ends the run. Prints one JSON object: the transaction id, and
// every call with its answer. The session lasts half an hour from <started at> and takes 7400 Wh.
import { RPCClient } from "ocpp-rpc";

const [endpoint, identity, key, idTag, meterStartText, startedAtText] = process.argv.slice(2);
const meterStart = Number(meterStartText);
const startedAt = Date.parse(startedAtText);
const minutes = (count) => new Date(startedAt + count * 60_000).toISOString();

const client = new RPCClient({
  endpoint,
  identity,
  password: key,
  protocols: ["ocpp1.6"],
  strictMode: true,
  reconnect: false,
  callTimeoutMs: 20_000,
});

const violations = [];
client.on("strictValidationFailure", (event) => violations.push(String(event.error)));
client.on("badMessage", (event) => violations.push(String(event.error)));
// Whatever the platform asks of us must fit its schema too; that is checked before this.
client.handle(() => ({ status: "Rejected" }));

const calls = [];
async function call(action, payload) {
  const answer = await client.call(action, payload);
  calls.push({ action, payload, answer });
  return answer;
}

function expect(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

function status(connectorId, state, minute) {
  return call("StatusNotification", {
    connectorId,
    errorCode: "NoError",
    status: state,
    timestamp: minutes(minute),
  });
}

function reading(minute, energyWh) {
  const sample = (value, measurand, unit, more = {}) => ({
    value: String(value),
    context: "Sample.Periodic",
    format: "Raw",
    measurand,
    unit,
    ...more,
  });
  return {
    timestamp: minutes(minute),
    sampledValue: [
      sample(energyWh, "Energy.Active.Import.Register", "Wh", { location: "Outlet" }),
      sample(14.8, "Power.Active.Import", "kW"),
      sample(21.4, "Current.Import", "A", { phase: "L1" }),
      sample(21.5, "Current.Import", "A", { phase: "L2" }),
      sample(21.3, "Current.Import", "A", { phase: "L3" }),
      sample(40 + minute, "SoC", "Percent", { location: "EV" }),
    ],
  };
}

async function session() {
  await client.connect();
  const boot = await call("BootNotification", {
    chargePointVendor: "ocpp-rpc",
    chargePointModel: "strict",
    firmwareVersion: "2.2.1",
  });
  expect(boot.status === "Accepted", `the boot was answered with ${boot.status}`);
  await call("Heartbeat", {});
  await status(0, "Available", 0);
  await status(1, "Preparing", 0);
  const { idTagInfo } = await call("Authorize", { idTag });
  expect(idTagInfo.status === "Accepted", `the token is ${idTagInfo.status}`);
  const start = await call("StartTransaction", {
    connectorId: 1,
    idTag,
    meterStart,
    timestamp: minutes(0),
  });
  expect(start.idTagInfo.status === "Accepted", `the start is ${start.idTagInfo.status}`);
  const { transactionId } = start;
  await status(1, "Charging", 0);
  for (const minute of [10, 20]) {
    await call("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [reading(minute, meterStart + Math.round((7400 * minute) / 30))],
    });
  }
  await call("DataTransfer", { vendorId: "org.example", messageId: "note", data: "strict" });
  await call("StopTransaction", {
    transactionId,
    idTag,
    meterStop: meterStart + 7400,
    timestamp: minutes(30),
    reason: "EVDisconnected",
    transactionData: [reading(30, meterStart + 7400)],
  });
  await status(1, "Available", 30);
  await call("FirmwareStatusNotification", { status: "Idle" });
  await call("DiagnosticsStatusNotification", { status: "Idle" });
  await client.close();
  return transactionId;
}

try {
  const transactionId = await session();
  expect(violations.length === 0, violations.join("; "));
  console.log(JSON.stringify({ transactionId, calls }));
} catch (error) {
  console.error(`${error.name}: ${error.message}`, ...violations);
  process.exit(1);
}
