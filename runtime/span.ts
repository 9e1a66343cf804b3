/**
 * Keeps paths out of the spans that Deno makes. A path holds the token of a link or the number of a
 * receipt, so a span gets the route pattern and the origin only.
 *
 * Deno sets the attributes before our code runs, and a second value does not replace the first. So the
 * method that sets them is wrapped, once, before the service listens.
 */

/** The part of `@opentelemetry/api` that is used here. */
interface Span {
  setAttribute(name: string, value: unknown): Span;
  updateName(name: string): Span;
  end(): void;
}
interface Telemetry {
  tracerProvider: { getTracer(name: string): { startSpan(name: string): Span } };
  contextManager: { active(): { getValue(key: symbol): Span | undefined } };
}

/** Under this key `@opentelemetry/api` and Deno keep the span that is open. */
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");

let tracing: Telemetry | null = null;

/**
 * Wraps the method that sets attributes, for spans of requests that come in and go out alike. Does
 * nothing unless `OTEL_DENO` turned tracing on.
 */
export function maskSpans(): void {
  const { telemetry } = Deno as unknown as { telemetry: Telemetry };
  const probe = firstSpan(telemetry);
  if (!probe) return;
  tracing = telemetry;
  const prototype = Object.getPrototypeOf(probe) as Span;
  const { setAttribute } = prototype;
  prototype.setAttribute = function (name, value) {
    return setAttribute.call(this, name, masked(name, value));
  };
}

function firstSpan({ tracerProvider }: Telemetry): Span | null {
  try {
    const span = tracerProvider.getTracer("annyeong").startSpan("start");
    span.end();
    return span;
  } catch {
    return null; // tracing is off
  }
}

function masked(name: string, value: unknown): unknown {
  if (name === "url.path" || name === "url.query") return "";
  if (name !== "url.full") return value;
  return URL.canParse(String(value)) ? new URL(String(value)).origin : "";
}

/** Says by which route the open span was answered. */
export function traceRoute(method: string, route: string): void {
  const span = tracing?.contextManager.active().getValue(spanKey);
  span?.setAttribute("http.route", route).updateName(`${method} ${route}`);
}
