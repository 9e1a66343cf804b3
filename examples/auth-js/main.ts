import { Hono } from "hono";
import { leaving } from "./leaving.ts";

const app = new Hono()
  // .all("/auth/*", …): Auth.js
  .route("/", leaving.app);

export default await leaving.serve(app);
