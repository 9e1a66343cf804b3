import { html } from "hono/html";

const page = (body: ReturnType<typeof html>) =>
  html`
    <!DOCTYPE html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>Notes</title>
      <main>${body}</main>
    </html>
  `;

/** Sends a form to better-auth as JSON, and shows the home page afterwards. */
const sending = (form: string, path: string) =>
  html`<script>
    document.querySelector("${form}").addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch("/api/auth/${path}", { method: "POST", headers, body });
      if (answer.ok) location.href = "/";
      else alert((await answer.json()).message);
    });
  </script>`;

export const signInPage = page(html`
  <h1>Sign in</h1>
  <form id="in">
    <input name="email" type="email" placeholder="E-mail" autocomplete="email" required />
    <input name="password" type="password" placeholder="Password" required />
    <button>Sign in</button>
  </form>
  <h1>Join</h1>
  <form id="up">
    <input name="name" placeholder="Name" autocomplete="name" required />
    <input name="email" type="email" placeholder="E-mail" autocomplete="email" required />
    <input name="password" type="password" placeholder="Password" minlength="8" required />
    <button>Join</button>
  </form>
  ${sending("#in", "sign-in/email")} ${sending("#up", "sign-up/email")}
`);

export const signOutPage = page(html`
  <form id="out"><button>Sign out</button></form>
  ${sending("#out", "sign-out")}
`);

export const homePage = (name: string, notes: readonly string[]) =>
  page(html`
    <h1>Notes of ${name}</h1>
    <ul>${notes.map((text) => html`<li>${text}</li>`)}</ul>
    <form method="post" action="/notes">
      <input name="text" required />
      <button>Add</button>
    </form>
    <p><a href="/sign-out">Sign out</a> · <a href="/withdrawal">Withdraw</a></p>
  `);
