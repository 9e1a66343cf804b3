import members from "./members.ts";
import shop from "./shop.tsx";

export default await members.serve(shop);
