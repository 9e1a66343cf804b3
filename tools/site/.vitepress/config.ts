/** The site of the documents, from `docs/`: `deno task docs` builds it into `dist/site`. */
import { existsSync } from "node:fs";
import { type DefaultTheme, defineConfig } from "vitepress";

const docs = new URL("../../../docs/", import.meta.url);

export default defineConfig({
  srcDir: "../../docs",
  outDir: "../../dist/site",
  cacheDir: "../../dist/site-cache",
  title: "Annyeong 안녕",
  cleanUrls: true,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
  },
  locales: {
    root: {
      label: "English",
      lang: "en",
      description: "A membership service that members can really leave",
      themeConfig: { sidebar: english() },
    },
    ko: {
      label: "한국어",
      lang: "ko",
      description: "회원이 정말로 떠날 수 있는 회원 서비스",
      themeConfig: {
        sidebar: korean(),
        outline: { level: [2, 3], label: "이 페이지의 내용" },
        docFooter: { prev: "이전", next: "다음" },
        darkModeSwitchLabel: "어두운 화면",
        sidebarMenuLabel: "메뉴",
        returnToTopLabel: "맨 위로",
        langMenuLabel: "언어",
      },
    },
  },
  markdown: {
    config(md) {
      md.core.ruler.push("outside", ({ tokens, env }) => {
        for (const { children } of tokens) unlinkOutside(children ?? [], env.relativePath);
      });
    },
  },
});

interface Token {
  type: string;
  hidden: boolean;
  content: string;
  attrGet(name: string): string | null;
}

/** Links to files outside `docs/` become plain text. Throws if there is no such file. */
function unlinkOutside(tokens: Token[], page: string): void {
  let isOutside = false;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const path = (token.attrGet("href") ?? "").split("#")[0]!;
      const target = new URL(path || ".", new URL(page, docs));
      isOutside = /^\.\.?\//.test(path) && !target.href.startsWith(docs.href);
      if (isOutside && !existsSync(target)) throw new Error(`${page} links to ${path}`);
    }
    if (isOutside && /^link_(open|close)$/.test(token.type)) {
      const isEnd = token.type === "link_close";
      Object.assign(token, { type: "text", content: "", tag: "", nesting: 0, attrs: null });
      if (isEnd) isOutside = false;
    }
  }
}

function english(): DefaultTheme.SidebarItem[] {
  return [
    {
      text: "Start",
      items: [
        { text: "How leaving works", link: "/withdrawal" },
        { text: "In your own app", link: "/beside-your-app" },
        { text: "Beside another sign-in", link: "/exit" },
        { text: "The package", link: "/package" },
        { text: "Members of an existing system", link: "/existing-members" },
        { text: "Compared", link: "/compared" },
      ],
    },
    {
      text: "The data map",
      items: [
        { text: "The data map", link: "/data-map" },
        { text: "Recipes", link: "/recipes" },
        { text: "What is stored", link: "/storage" },
      ],
    },
    {
      text: "Running it",
      items: [
        { text: "Commands", link: "/commands" },
        { text: "Configuration", link: "/configuration" },
        { text: "Deploying", link: "/deploying" },
        { text: "Operating", link: "/operating" },
        { text: "Mail", link: "/mail" },
        { text: "Passkeys", link: "/passkeys" },
        { text: "Providers", link: "/providers" },
        { text: "Reliability", link: "/reliability" },
        { text: "Performance", link: "/performance" },
      ],
    },
    {
      text: "Reference",
      items: [
        { text: "HTTP", link: "/http" },
        { text: "For programs", link: "/api" },
        { text: "Pages", link: "/pages" },
        { text: "Look", link: "/theme" },
        { text: "Threat model", link: "/threat-model" },
        { text: "Security, item by item", link: "/security" },
        { text: "Architecture", link: "/architecture" },
      ],
    },
  ];
}

function korean(): DefaultTheme.SidebarItem[] {
  return [
    {
      text: "시작",
      items: [
        { text: "탈퇴는 이렇게 처리됩니다", link: "/ko/withdrawal" },
      ],
    },
    {
      text: "운영",
      items: [
        { text: "명령", link: "/ko/commands" },
        { text: "설정", link: "/ko/configuration" },
      ],
    },
    {
      text: "참고",
      items: [
        { text: "HTTP", link: "/ko/http" },
        { text: "영어 문서 전체", link: "/withdrawal" },
      ],
    },
  ];
}
