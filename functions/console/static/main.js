/** The console: signed out a door, signed in one of its pages. */

import { JobPage } from "./jobs/job.js";
import { JobsPage } from "./jobs/page.js";
import { OverviewPage } from "./overview/page.js";
import { Notices } from "./parts/notices.js";
import { Shell } from "./parts/shell.js";
import { Empty } from "./parts/states.js";
import { PicturesPage } from "./pictures/page.js";
import { PicturePage } from "./pictures/picture.js";
import { route, to } from "./router.js";
import { session } from "./session.js";
import { SignIn } from "./sign_in.js";
import { useStore } from "./store.js";
import { TokensPage } from "./tokens/page.js";
import { html, render, useEffect, useRef } from "./view.js";

const TITLES = { overview: "Overview", pictures: "Pictures", jobs: "Jobs", tokens: "Tokens" };

function Console() {
  const isSignedIn = useStore(session) !== null;
  return html`${isSignedIn ? html`<${Pages} />` : html`<${SignIn} />`}<${Notices} />`;
}

function Pages() {
  const { page, id, query } = useStore(route);
  const place = `${page}/${id}`;
  const first = useRef(place);
  useEffect(() => {
    document.title = `${TITLES[page] ?? "Not here"} · Leasehold`;
    if (first.current === place) return;
    // A new page is read from its heading on, as after following a link.
    first.current = "";
    document.querySelector("h1")?.focus({ preventScroll: true });
  }, [place]);
  return html`<${Shell} page=${page}>${pageOf(page, id, query)}<//>`;
}

/** @param {string} page @param {string} id @param {Record<string, string>} query */
function pageOf(page, id, query) {
  if (page === "overview") return html`<${OverviewPage} />`;
  if (page === "pictures") return id ? html`<${PicturePage} key=${id} id=${id} />` : html`<${PicturesPage} />`;
  if (page === "jobs") return id ? html`<${JobPage} key=${id} id=${id} />` : html`<${JobsPage} query=${query} />`;
  if (page === "tokens") return html`<${TokensPage} />`;
  return html`<${Empty} title="There is no such page">
    <p>Perhaps the link is cut short. <a href=${to("overview")}>Go to the overview</a></p>
  <//>`;
}

render(html`<${Console} />`, document.getElementById("console"));
