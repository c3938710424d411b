-- A database as migration 1 left it, with two cameras and a block of track numbers given out (sqlite3 FILE .dump).
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1: cameras and track ids');
CREATE TABLE cameras (
    id TEXT PRIMARY KEY CHECK (length(id) = 36),  -- UUID, lower case
    path TEXT NOT NULL UNIQUE CHECK (length(path) BETWEEN 1 AND 255),
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP  -- UTC
) WITHOUT ROWID;
INSERT INTO cameras VALUES('fd778237-c3e5-49e8-be03-e588801943be','video/front-door','2025-10-01 08:00:00');
INSERT INTO cameras VALUES('0a4d94b5-30bb-4f62-b1a5-0c5d8c4b7d11','video/backyard','2025-09-01 08:00:00');
CREATE TABLE track_ids (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next INTEGER NOT NULL CHECK (next > 0)
);
INSERT INTO track_ids VALUES(1,3001);
COMMIT;
