import type { Messages } from "../messages/mod.ts";
import { EntryLayout, type Notice, SignOut } from "./layout.tsx";
import { Drawing } from "./mark.tsx";

/** The home page. `name` is the member's; `null` for a visitor. */
export function HomePage({ t, name, notice }: {
  t: Messages;
  name: string | null;
  notice: Notice | null;
}) {
  if (name === null) {
    return (
      <EntryLayout t={t} title={t.page.greeting} notice={notice} drawing={<Drawing />}>
        <p class="lead">{t.page.tagline}</p>
        <div class="stack">
          <a class="button" href="/register">{t.page.join}</a>
          <a class="button quiet" href="/login">{t.page.signIn}</a>
        </div>
      </EntryLayout>
    );
  }
  return (
    <EntryLayout t={t} title={t.page.welcome(name)} notice={notice} drawing={<Drawing />}>
      <div class="stack">
        <a class="button" href="/userinfo">{t.page.myPage}</a>
        <SignOut t={t} />
      </div>
    </EntryLayout>
  );
}
