// Keeps the page's own files, so that it opens at once, and says that the server is away instead of not opening at all.
// Nothing of the API, no picture and no clip is ever kept: only what is named here is touched.
const CACHE = "dashboard-{release}";
const FILES = "/app/{release}/";
const PAGE = /^\/(gallery|statistics|system|clips\/\d+)?$/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add("/")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("dashboard-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && PAGE.test(url.pathname)) event.respondWith(page(request));
  else if (url.pathname.startsWith(FILES)) event.respondWith(file(request));
});

// From the server, that knows best; the kept one when it is silent.
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match("/", { cacheName: CACHE });
    if (kept) return kept;
    throw error;
  }
}

// Another content has another address: what is kept is right.
async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}
