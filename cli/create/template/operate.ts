/** The commands for operators: `deno task operate migrate`, `admin status` and more. */
import { operate } from "annyeong/cli";
import members from "./members.ts";

await operate(members.parts, Deno.args);
