// Sends spans with OpenTelemetry's JavaScript exporter, whichever version lies in the folder named: a plan in JSON on standard input.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/package.json`);
const plan = JSON.parse(readFileSync(0, "utf8"));

const hrTime = (nanos) => [Number(BigInt(nanos) / 1000000000n), Number(BigInt(nanos) % 1000000000n)];
const value = (written) => (written !== null && typeof written === "object" && "double" in written ? written.double : written);
const attributes = (written) => Object.fromEntries(Object.entries(written).map(([key, item]) => [key, value(item)]));
const state = (pairs) => (pairs.length ? { serialize: () => pairs.map(([key, item]) => `${key}=${item}`).join(",") } : undefined);
const context = (trace, span, pairs = []) => ({ traceId: trace, spanId: span, traceFlags: 1, isRemote: false, traceState: state(pairs) });
const kinds = { INTERNAL: 0, SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 };
const codes = { UNSET: 0, OK: 1, ERROR: 2 };
const scope = { name: "golden", version: "1.2.3" };
const resource = { attributes: { "service.name": "client", number: 7 } };

// Old versions read parentSpanId and instrumentationLibrary, new ones parentSpanContext and instrumentationScope.
const span = (one) => ({
  name: one.name,
  kind: kinds[one.kind],
  spanContext: () => context(one.trace, one.span, one.state),
  parentSpanId: one.parent ?? undefined,
  parentSpanContext: one.parent ? context(one.trace, one.parent) : undefined,
  startTime: hrTime(one.start),
  endTime: hrTime(one.end),
  duration: [0, 0],
  ended: true,
  status: one.message ? { code: codes[one.status], message: one.message } : { code: codes[one.status] },
  attributes: attributes(one.attributes),
  events: one.events.map((event) => ({ name: event.name, time: hrTime(event.time), attributes: attributes(event.attributes) })),
  links: one.links.map((link) => ({ context: context(link.trace, link.span), attributes: attributes(link.attributes) })),
  resource,
  instrumentationLibrary: scope,
  instrumentationScope: scope,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
});

const packages = { grpc: "grpc", "http/protobuf": "proto", "http/json": "http" };
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${packages[plan.transport]}`);
const exporter = new OTLPTraceExporter({ url: plan.transport === "grpc" ? `http://${plan.grpc}` : `${plan.http}/v1/traces` });
exporter.export(plan.spans.map(span), async (result) => {
  if (result.code !== 0) {
    console.error("refused", result.error);
    process.exit(1);
  }
  await exporter.shutdown();
  process.exit(0);
});
