// Compiled, not run: the declarations fit together and say what they should.
import { APIError, MemorySink, Recording, SpectraX } from "../src/index.js";
import { downloadToFile, FileSink } from "../src/node.js";

const client = new SpectraX("http://localhost:8080", { timeout: 500, headers: { Authorization: "x" } });
const signal = new AbortController().signal;

export async function use(): Promise<string> {
  const page = await client.recordings({ limit: 1, objectType: ["person"], signal });
  const first: Recording | undefined = page.recordings[0];
  if (!first) return "";
  for await (const row of client.iterateRecordings({ sortBy: "confidence", pageSize: 10 })) {
    const tracker: number | undefined = row.objects_detected[0]?.tracker_id;
    if (tracker === 1) break;
  }
  for await (const jpeg of client.frames(null, { signal })) return String(jpeg.byteLength);
  const sink = new MemorySink();
  const blob: Blob = await client.download(first, { sink, onProgress: (done, total) => done / total });
  await client.downloadInto(first.file_url, new FileSink("clip.mp4"), { retries: 0 });
  // @ts-expect-error no such field
  void first.nonesuch;
  // @ts-expect-error no such filter
  void client.recordings({ objecttype: "person" });
  // @ts-expect-error alerts are not sorted
  void client.alerts({ sortBy: "duration" });
  try {
    return await downloadToFile(client, first, `clips/${blob.size}/`, { signal });
  } catch (error) {
    return error instanceof APIError ? error.reason : "";
  }
}
