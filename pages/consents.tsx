import type { Consent, ConsentState } from "../domain/consent.ts";
import type { Words } from "../domain/data_map.ts";
import type { Messages } from "../messages/mod.ts";
import type { Refusal } from "./form.tsx";
import { AccountLayout, type Notice, Timed } from "./layout.tsx";

/** The boxes of a form for joining. Renders nothing if nothing is asked for. */
export function ConsentFields({ t, consents, refusal }: {
  t: Messages;
  consents: readonly Consent[];
  refusal: Refusal | undefined;
}) {
  if (consents.length === 0) return null;
  const problem = refusal?.fields.consents;
  const language = t.language as keyof Words;
  return (
    <fieldset class="field" id="consents" tabindex={-1} autofocus={isFirst(refusal)}>
      <legend>{t.consent.title}</legend>
      {problem && <p class="wrong" id="consents-problem">{problem}</p>}
      {consents.map(({ name, label, url, required }) => (
        <div class="check">
          <label>
            <input
              type="checkbox"
              name={`consent_${name}`}
              value="yes"
              checked={refusal?.values[`consent_${name}`] === "yes"}
              required={required}
              aria-invalid={problem && required ? "true" : undefined}
              aria-describedby={problem && required ? "consents-problem" : undefined}
            />
            <span>
              {label[language]}{" "}
              <small>({required ? t.consent.required : t.consent.optional})</small>
            </span>
          </label>
          {url && <a href={url} target="_blank" rel="noopener">{t.consent.read}</a>}
        </div>
      ))}
    </fieldset>
  );
}

function isFirst(refusal: Refusal | undefined): boolean {
  return refusal !== undefined && Object.keys(refusal.fields)[0] === "consents";
}

/** What the member has agreed to. Optional consents can be revoked and given again. */
export function ConsentsPage({ t, consents, notice }: {
  t: Messages;
  consents: readonly ConsentState[];
  notice: Notice | null;
}) {
  return (
    <AccountLayout t={t} title={t.consent.title} notice={notice}>
      <p>{t.consent.why}</p>
      <ul class="rows">{consents.map((consent) => <ConsentRow t={t} consent={consent} />)}</ul>
    </AccountLayout>
  );
}

function ConsentRow({ t, consent }: { t: Messages; consent: ConsentState }) {
  const { name, label, url, required, version, given, agreed } = consent;
  const id = `consent-${name}`;
  return (
    <li class="row">
      <div class="label">
        <span id={id}>{label[t.language as keyof Words]}</span>{" "}
        <small>({required ? t.consent.required : t.consent.optional})</small>
        <br />
        <small>
          {given === null
            ? t.consent.never
            : <Timed t={t} text={stateOf(t, consent)} ms={given.revokedAt ?? given.agreedAt} day />}
          {" · "}
          {url ? <a href={url}>{t.consent.version(version)}</a> : t.consent.version(version)}
        </small>
      </div>
      {!(agreed && required) && (
        <form
          method="post"
          action={agreed ? `/userinfo/consents/${name}/revocation` : `/userinfo/consents/${name}`}
        >
          <button type="submit" class="quiet" aria-describedby={id}>
            {agreed ? t.consent.revoke : t.consent.agree}
          </button>
        </form>
      )}
    </li>
  );
}

function stateOf(t: Messages, { given, agreed }: ConsentState): string {
  const { revokedAt, agreedAt } = given!;
  if (revokedAt !== null) return t.consent.revokedOn(t.day(revokedAt));
  return agreed ? t.consent.agreedOn(t.day(agreedAt)) : t.consent.earlier(t.day(agreedAt));
}
