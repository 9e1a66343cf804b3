const { lang } = document.documentElement;

/** A button that exists only with JavaScript. */
const buttonOf = (text, onclick, className = "button quiet") =>
  Object.assign(document.createElement("button"), {
    type: "button",
    className,
    textContent: text,
    onclick,
  });

for (const time of document.querySelectorAll("time.instant")) {
  const local = new Date(time.dateTime).toLocaleString(lang === "en" ? "en-GB" : lang, {
    dateStyle: "long",
    timeStyle: "short",
  });
  if (time.textContent.startsWith(local)) continue;
  time.title = time.textContent;
  time.textContent = `${local} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}

for (const input of document.querySelectorAll("[data-show]")) {
  const { show: label, caps, strength } = input.dataset;
  const button = buttonOf(label, () => show(input.type === "password"), "");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.ariaPressed = shown;
  };
  show(false);
  button.setAttribute("aria-describedby", input.labels[0].id);
  input.after(button);
  input.form.addEventListener("submit", () => show(false));

  const told = document.createElement("p");
  told.className = "hint told";
  told.role = "status";
  input.parentElement.after(told);
  let capsLock = false;
  const tell = () => {
    told.textContent = capsLock ? caps : input.value && strength ? strengthOf(input, strength) : "";
  };
  input.addEventListener("keyup", (event) => {
    capsLock = event.getModifierState?.("CapsLock") ?? false;
    tell();
  });
  input.addEventListener("input", tell);
}

/** Says in words how long a new password is: too short, enough, or long. */
function strengthOf({ value, dataset }, strength) {
  const [short, enough, long] = strength.split("|");
  const length = [...value.normalize("NFC")].length;
  const missing = dataset.min - length;
  if (missing > 0) return short.replace("{n}", missing);
  return length < 15 || new Set(value).size < 6 ? enough : long;
}

for (const place of document.querySelectorAll("[data-copy]")) {
  const { copy, label, done } = place.dataset;
  const button = buttonOf(label, async () => {
    await navigator.clipboard.writeText(copy);
    button.textContent = done;
  });
  place.append(button);
}

for (const place of document.querySelectorAll("[data-print]")) {
  place.append(buttonOf(place.dataset.print, () => print()));
}

for (const place of document.querySelectorAll("[data-verify]")) {
  const { label, why } = place.dataset;
  const result = Object.assign(document.createElement("p"), { className: "hint", role: "status" });
  result.textContent = why;
  place.append(
    buttonOf(label, async () => {
      const found = await check(place.dataset).catch(() => "unable");
      result.className = found === "valid" ? "notice" : "refusal";
      result.textContent = place.dataset[found];
    }, "button"),
    result,
  );
}

/** Checks a compact JWS of EdDSA with the public keys of the service (RFC 7515, RFC 8037). */
async function check({ verify, keys, number }) {
  const [head, body, signature] = verify.split(".");
  const bytes = (text) =>
    Uint8Array.from(
      atob(text.replaceAll("-", "+").replaceAll("_", "/")),
      (character) => character.charCodeAt(0),
    );
  const read = (text) => JSON.parse(new TextDecoder().decode(bytes(text)));
  const answer = await fetch(keys, { headers: { Accept: "application/json" } });
  const key = (await answer.json()).keys.find(({ kid }) => kid === read(head).kid);
  if (!key) return "broken";
  const { kty, crv, x } = key;
  const imported = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, [
    "verify",
  ]);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  const right = await crypto.subtle.verify("Ed25519", imported, bytes(signature), signed);
  return right && read(body).jti === number ? "valid" : "broken";
}
