import { operate } from "../../cli/operate.ts";
import { exit } from "./auth.ts";

await operate(exit.parts, Deno.args);
