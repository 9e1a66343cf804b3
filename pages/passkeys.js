for (const place of document.querySelectorAll("[data-passkey]")) offer(place);

for (const { dataset } of document.querySelectorAll("[data-signal]")) {
  const { accepted, unknown } = JSON.parse(dataset.signal);
  const api = globalThis.PublicKeyCredential;
  if (accepted) api?.signalAllAcceptedCredentials?.(accepted).catch(() => {});
  if (unknown) api?.signalUnknownCredential?.(unknown).catch(() => {});
}

/** Shows a passkey button, if the browser can use passkeys here: a host that is an address has none. */
function offer(place) {
  const { passkey: does, autofill } = place.dataset;
  const parse = globalThis.PublicKeyCredential?.[
    does === "get" ? "parseRequestOptionsFromJSON" : "parseCreationOptionsFromJSON"
  ];
  if (!parse || /^[\d.]+$|^\[/.test(location.hostname)) return;
  const button = place.querySelector("button");
  const status = place.querySelector("[role=status]");
  let waiting;
  place.hidden = false;
  button.onclick = async () => {
    waiting?.abort();
    button.disabled = true;
    status.textContent = "";
    try {
      await send(place, await ask(place, parse));
    } catch (error) {
      status.textContent = sentenceOf(error, place.dataset);
      button.disabled = false;
      if (autofill !== undefined) wait();
    }
  };

  /** Offers passkeys in the autofill of the user id. Challenges end after five minutes: ask again before. */
  async function wait() {
    if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    const aborter = waiting = new AbortController();
    const again = setTimeout(() => {
      aborter.abort();
      if (document.hidden) addEventListener("visibilitychange", wait, { once: true });
      else wait();
    }, 240_000);
    try {
      const answer = await ask(place, parse, { mediation: "conditional", signal: aborter.signal });
      if (!aborter.signal.aborted) await send(place, answer);
    } catch (error) {
      if (!aborter.signal.aborted) status.textContent = sentenceOf(error, place.dataset);
    }
    clearTimeout(again);
  }
  if (autofill !== undefined) wait();
}

/** Gets the options from the service, and the browser's answer to them. */
async function ask({ dataset, parentElement: form }, parse, how = {}) {
  const { user_id, email } = Object.fromEntries(new FormData(form));
  const response = await fetch(dataset.options, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ user_id, email }),
  });
  const options = await response.json();
  if (!response.ok) throw Object.assign(new Error(), { refused: options });
  const publicKey = parse.call(PublicKeyCredential, options);
  return await navigator.credentials[dataset.passkey]({ publicKey, ...how });
}

/** Sends the form with the passkey, in place of the field that it replaces. */
function send({ dataset, parentElement: form }, credential) {
  const field = form.elements.namedItem("passkey");
  field.value = JSON.stringify(credential);
  field.disabled = false;
  const replaced = dataset.without && form.elements.namedItem(dataset.without);
  if (replaced) replaced.disabled = true;
  form.submit();
}

/** Says why there is no passkey. The browser does not tell a cancelled dialog from one that ran out of time. */
function sentenceOf({ name, refused }, { cancelled, present, failed }) {
  if (refused) return [refused.error, ...Object.values(refused.fields ?? {})].join(" ");
  return { NotAllowedError: cancelled, AbortError: "", InvalidStateError: present }[name] ?? failed;
}
