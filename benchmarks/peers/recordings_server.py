"""Recordings and their files as one serves them with FastAPI and sqlite3: the peer of `benchmarks/api.py`."""
import json
import sqlite3
import sys

import fastapi
import fastapi.responses
import uvicorn

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, check_same_thread=False)
database.row_factory = sqlite3.Row
app = fastapi.FastAPI()


def url(path, base):
    return base + path.rpartition("/")[2] if path else None


def document(row):
    folder = row["file_path"].rpartition("/")[0]
    thumbnail = f"{folder}/{row['thumbnail_name']}" if row["thumbnail_name"] else None
    return {
        "id": row["id"], "timestamp": row["timestamp"], "stream_id": row["stream_id"], "stream_name": row["camera_name"],
        "file_path": row["file_path"], "duration": row["duration_seconds"],
        "objects_detected": json.loads(row["objects_detected"]), "thumbnail_path": thumbnail,
        "confidence": row["max_confidence"], "retained": row["retained"], "tracker_ids": row["tracker_ids"],
        "file_url": url(row["file_path"], "/recordings/"), "thumbnail_url": url(thumbnail, "/recordings/"),
        "mediaUrl": url(row["file_path"], "/api/recordings/file/"),
        "thumbnailMediaUrl": url(thumbnail, "/api/recordings/file/"),
    }


@app.get("/api/recordings")
def recordings(limit: int = 100, offset: int = 0):
    total = database.execute("SELECT count(*) FROM clips WHERE retained = 1").fetchone()[0]
    rows = database.execute(
        """SELECT r.*, m.id AS stream_id, c.camera_name, c.thumbnail_name, c.retained
           FROM recordings r JOIN clips c ON c.recording_id = r.id JOIN cameras m ON m.number = c.camera
           WHERE c.retained = 1 ORDER BY r.timestamp DESC LIMIT ? OFFSET ?""", (limit, offset))
    return {"total": total, "limit": limit, "offset": offset, "recordings": [document(row) for row in rows]}


@app.get("/recordings/{name}")
def recording(name: str):
    row = database.execute("SELECT file_path FROM recordings JOIN clips ON recording_id = id WHERE file_name = ?", (name,))
    return fastapi.responses.FileResponse(row.fetchone()[0], media_type="video/mp4")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
