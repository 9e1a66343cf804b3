/** The entry for `deno serve` and for Workers. */
import app from "./app.ts";
import members from "./members.ts";

export default await members.serve(app);
