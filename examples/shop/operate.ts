import { operate } from "../../cli/operate.ts";
import members from "./members.ts";

await operate(members.parts, Deno.args);
