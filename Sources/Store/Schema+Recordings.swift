extension Schema {
    /// Migration 2. Frozen: later changes are later migrations.
    ///
    /// Names that end in `_us` are microseconds (since 1970-01-01 UTC where they are moments). `docs/store.md` has the
    /// reasons at length.
    static let recordings = """
        -- Cameras get a number, which makes the keys below short. A path has one current camera; a camera that another
        -- one took the path of keeps its recordings.
        CREATE TABLE numbered_cameras (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 255),  -- UUID, lower case, if this program made it
            path TEXT NOT NULL CHECK (length(path) BETWEEN 1 AND 255),
            is_current INTEGER NOT NULL DEFAULT 1 CHECK (is_current IN (0, 1)),
            created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP  -- UTC
        );
        INSERT INTO numbered_cameras (id, path, created_at) SELECT id, path, created_at FROM cameras ORDER BY created_at;
        DROP TABLE cameras;
        ALTER TABLE numbered_cameras RENAME TO cameras;
        CREATE UNIQUE INDEX current_camera ON cameras (path) WHERE is_current = 1;

        -- The published table: names, types and order of its columns, and its indexes, are part of the API.
        CREATE TABLE recordings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            timestamp TEXT NOT NULL,
            stream_path TEXT NOT NULL,
            duration_seconds REAL,
            file_path TEXT NOT NULL,
            file_size_bytes INTEGER,
            objects_detected TEXT, -- JSON array
            tracker_ids TEXT, -- JSON array
            max_confidence REAL,
            created_at TEXT DEFAULT CURRENT_TIMESTAMP
        );
        CREATE INDEX idx_timestamp ON recordings(timestamp);
        CREATE INDEX idx_stream_path ON recordings(stream_path);
        CREATE INDEX idx_tracker_ids ON recordings(tracker_ids);

        -- Detection classes by the name that the API shows, numbered in the order of their first recording.
        CREATE TABLE classes (
            number INTEGER PRIMARY KEY CHECK (number > 0),
            name TEXT NOT NULL UNIQUE
        );

        -- What objects_detected says, one row an object.
        CREATE TABLE objects (
            recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),  -- in objects_detected
            class INTEGER NOT NULL REFERENCES classes (number),
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            -- Pixels of the recorded video at the moment of highest confidence; NULL: not known.
            x1 INTEGER, y1 INTEGER, x2 INTEGER, y2 INTEGER,
            track_id INTEGER,  -- NULL: was not followed
            first_seen_us INTEGER,
            last_seen_us INTEGER,
            PRIMARY KEY (recording_id, position)
        ) WITHOUT ROWID;

        -- What the published table has no column for: one row a recording, inserted last. Its triggers make everything
        -- below from it and from the recording's objects.
        CREATE TABLE clips (
            recording_id INTEGER PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
            camera INTEGER NOT NULL REFERENCES cameras (number),
            camera_name TEXT NOT NULL,  -- as it was at the time
            start_us INTEGER NOT NULL CHECK (start_us >= 0),
            duration_us INTEGER NOT NULL CHECK (duration_us >= 0),
            confidence INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 1000000),  -- millionths; 0 without objects
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            -- The clip, its thumbnail and the thumbnail without boxes. '': the folder of this database; else an absolute
            -- path, of files that were taken over.
            folder TEXT NOT NULL DEFAULT '' CHECK (folder = '' OR folder GLOB '/*'),
            file_name TEXT NOT NULL CHECK (file_name NOT GLOB '*/*'),
            thumbnail_name TEXT CHECK (thumbnail_name NOT GLOB '*/*'),
            clean_thumbnail_name TEXT CHECK (clean_thumbnail_name NOT GLOB '*/*'),
            is_protected INTEGER NOT NULL DEFAULT 0 CHECK (is_protected IN (0, 1)),  -- never removed by retention
            retained INTEGER NOT NULL DEFAULT 1 CHECK (retained IN (0, 1)),  -- 0: its files are gone
            removed_us INTEGER,
            removed_because TEXT,
            CHECK (retained = 1 OR removed_us IS NOT NULL)
        );
        -- One recording a file. Removed ones keep the names that they had, which may come again.
        CREATE UNIQUE INDEX clip_file ON clips (file_name, folder) WHERE retained = 1;
        CREATE INDEX protected_clips ON clips (camera, bytes) WHERE is_protected = 1 AND retained = 1;

        -- What lists filter, sort and count by: one row a recording and class, and one with class 0, which stands for
        -- all. Removed recordings have theirs apart, so that no list walks over them.
        CREATE TABLE recording_keys (
            retained INTEGER NOT NULL,
            class INTEGER NOT NULL,
            start_us INTEGER NOT NULL,
            recording_id INTEGER NOT NULL,
            camera INTEGER NOT NULL,
            confidence INTEGER NOT NULL,
            duration_us INTEGER NOT NULL,
            -- All classes of the recording: bit n for class n, bit 0 for classes from 63 on.
            classes INTEGER NOT NULL,
            objects INTEGER NOT NULL,  -- entries of this class in objects_detected
            bytes INTEGER NOT NULL,
            PRIMARY KEY (retained, class, start_us, recording_id)
        ) WITHOUT ROWID;
        -- Each holds all that a filter looks at, so that only the rows of the page are read from the tables.
        CREATE INDEX keys_by_camera ON recording_keys
            (retained, class, camera, start_us, recording_id, confidence, duration_us, classes);
        CREATE INDEX keys_by_confidence ON recording_keys
            (retained, class, confidence, recording_id, start_us, camera, duration_us, classes);
        CREATE INDEX keys_by_duration ON recording_keys
            (retained, class, duration_us, recording_id, start_us, camera, confidence, classes);

        -- Sums over recording_keys. A cell without recordings has no row. Should a sum be wrong, that is no reason to refuse
        -- a deletion: it stays at 0 then, until the doctor recounts.
        CREATE TABLE hourly_totals (
            retained INTEGER NOT NULL,
            class INTEGER NOT NULL,
            camera INTEGER NOT NULL,
            hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),  -- of the day, UTC
            recordings INTEGER NOT NULL CHECK (recordings >= 0),
            objects INTEGER NOT NULL,
            duration_us INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (retained, class, camera, hour)
        ) WITHOUT ROWID;
        CREATE TABLE daily_totals (
            retained INTEGER NOT NULL,
            class INTEGER NOT NULL,
            camera INTEGER NOT NULL,
            day INTEGER NOT NULL,  -- since 1970-01-01
            recordings INTEGER NOT NULL CHECK (recordings >= 0),
            objects INTEGER NOT NULL,
            duration_us INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (retained, class, camera, day)
        ) WITHOUT ROWID;
        CREATE TABLE confidence_totals (
            retained INTEGER NOT NULL,
            class INTEGER NOT NULL,
            percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),  -- of confidence, rounded down
            month INTEGER NOT NULL,  -- 30 days; the first began on 1970-01-01
            camera INTEGER NOT NULL,
            recordings INTEGER NOT NULL CHECK (recordings >= 0),
            PRIMARY KEY (retained, class, percent, month, camera)
        ) WITHOUT ROWID;

        CREATE TABLE class_set_totals (
            retained INTEGER NOT NULL,
            month INTEGER NOT NULL,  -- as in confidence_totals
            classes INTEGER NOT NULL,  -- as in recording_keys: all classes of a recording
            camera INTEGER NOT NULL,
            recordings INTEGER NOT NULL CHECK (recordings >= 0),
            PRIMARY KEY (retained, month, classes, camera)
        ) WITHOUT ROWID;

        -- In how many retained recordings a tracker id appears.
        CREATE TABLE tracks (
            id INTEGER PRIMARY KEY,
            appearances INTEGER NOT NULL CHECK (appearances >= 0)
        );
        -- Nearly all appear once; those need no place here.
        CREATE INDEX frequent_tracks ON tracks (appearances) WHERE appearances > 1;

        -- A single row: how many rows tracks has, which would take milliseconds to count.
        CREATE TABLE track_totals (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            tracks INTEGER NOT NULL CHECK (tracks >= 0)
        );
        INSERT INTO track_totals VALUES (1, 0);
        CREATE TRIGGER track_added AFTER INSERT ON tracks BEGIN
            UPDATE track_totals SET tracks = tracks + 1;
        END;
        CREATE TRIGGER track_removed AFTER DELETE ON tracks BEGIN
            UPDATE track_totals SET tracks = max(tracks - 1, 0);
        END;

        -- Files that are no longer anybody's: written with the change that gave them up, deleted once they are gone.
        CREATE TABLE file_removals (
            folder TEXT NOT NULL,  -- as in clips
            file_name TEXT NOT NULL,
            PRIMARY KEY (folder, file_name)
        ) WITHOUT ROWID;

        -- A single row: what the last pass of retention went by. Limits that differ from these were changed by somebody,
        -- and only then may one pass remove more than half of everything.
        CREATE TABLE retention (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            limits TEXT NOT NULL,  -- JSON
            -- Since when removal by age waits, because there was more to remove than one pass may; NULL: it does not.
            waiting_since_us INTEGER
        );

        CREATE TRIGGER key_added AFTER INSERT ON recording_keys BEGIN
            INSERT INTO hourly_totals VALUES (NEW.retained, NEW.class, NEW.camera, NEW.start_us / 3600000000 % 24,
                1, NEW.objects, NEW.duration_us, NEW.bytes)
            ON CONFLICT DO UPDATE SET recordings = recordings + 1, objects = objects + excluded.objects,
                duration_us = duration_us + excluded.duration_us, bytes = bytes + excluded.bytes;
            INSERT INTO daily_totals VALUES (NEW.retained, NEW.class, NEW.camera, NEW.start_us / 86400000000,
                1, NEW.objects, NEW.duration_us, NEW.bytes)
            ON CONFLICT DO UPDATE SET recordings = recordings + 1, objects = objects + excluded.objects,
                duration_us = duration_us + excluded.duration_us, bytes = bytes + excluded.bytes;
            INSERT INTO confidence_totals VALUES (NEW.retained, NEW.class, NEW.confidence / 10000,
                NEW.start_us / 2592000000000, NEW.camera, 1)
            ON CONFLICT DO UPDATE SET recordings = recordings + 1;
        END;
        CREATE TRIGGER key_of_all_added AFTER INSERT ON recording_keys WHEN NEW.class = 0 BEGIN
            INSERT INTO class_set_totals
            VALUES (NEW.retained, NEW.start_us / 2592000000000, NEW.classes, NEW.camera, 1)
            ON CONFLICT DO UPDATE SET recordings = recordings + 1;
        END;
        CREATE TRIGGER key_of_all_removed AFTER DELETE ON recording_keys WHEN OLD.class = 0 BEGIN
            UPDATE class_set_totals SET recordings = max(recordings - 1, 0)
            WHERE retained = OLD.retained AND month = OLD.start_us / 2592000000000 AND classes = OLD.classes
                AND camera = OLD.camera;
            DELETE FROM class_set_totals
            WHERE retained = OLD.retained AND month = OLD.start_us / 2592000000000 AND classes = OLD.classes
                AND camera = OLD.camera AND recordings = 0;
        END;
        CREATE TRIGGER key_removed AFTER DELETE ON recording_keys BEGIN
            UPDATE hourly_totals SET recordings = max(recordings - 1, 0), objects = objects - OLD.objects,
                duration_us = duration_us - OLD.duration_us, bytes = bytes - OLD.bytes
            WHERE retained = OLD.retained AND class = OLD.class AND camera = OLD.camera
                AND hour = OLD.start_us / 3600000000 % 24;
            DELETE FROM hourly_totals
            WHERE retained = OLD.retained AND class = OLD.class AND camera = OLD.camera
                AND hour = OLD.start_us / 3600000000 % 24 AND recordings = 0;
            UPDATE daily_totals SET recordings = max(recordings - 1, 0), objects = objects - OLD.objects,
                duration_us = duration_us - OLD.duration_us, bytes = bytes - OLD.bytes
            WHERE retained = OLD.retained AND class = OLD.class AND camera = OLD.camera
                AND day = OLD.start_us / 86400000000;
            DELETE FROM daily_totals
            WHERE retained = OLD.retained AND class = OLD.class AND camera = OLD.camera
                AND day = OLD.start_us / 86400000000 AND recordings = 0;
            UPDATE confidence_totals SET recordings = max(recordings - 1, 0)
            WHERE retained = OLD.retained AND class = OLD.class AND percent = OLD.confidence / 10000
                AND month = OLD.start_us / 2592000000000 AND camera = OLD.camera;
            DELETE FROM confidence_totals
            WHERE retained = OLD.retained AND class = OLD.class AND percent = OLD.confidence / 10000
                AND month = OLD.start_us / 2592000000000 AND camera = OLD.camera AND recordings = 0;
        END;

        CREATE TRIGGER clip_added AFTER INSERT ON clips BEGIN
            INSERT INTO recording_keys
            SELECT NEW.retained, c.class, NEW.start_us, NEW.recording_id, NEW.camera, NEW.confidence, NEW.duration_us,
                (SELECT coalesce(sum(bit), 0) FROM (
                    SELECT DISTINCT CASE WHEN class < 63 THEN 1 << class ELSE 1 END AS bit
                    FROM objects WHERE recording_id = NEW.recording_id)),
                c.objects, NEW.bytes
            FROM (
                SELECT 0 AS class, count(*) AS objects FROM objects WHERE recording_id = NEW.recording_id
                UNION ALL
                SELECT class, count(*) FROM objects WHERE recording_id = NEW.recording_id GROUP BY class
            ) c;
        END;
        CREATE TRIGGER clip_deleted AFTER DELETE ON clips BEGIN
            DELETE FROM recording_keys
            WHERE retained = OLD.retained AND start_us = OLD.start_us AND recording_id = OLD.recording_id
                AND class IN (SELECT 0 UNION SELECT class FROM objects WHERE recording_id = OLD.recording_id);
        END;
        CREATE TRIGGER clip_changed AFTER UPDATE OF retained, camera, start_us, duration_us, confidence, bytes ON clips
        BEGIN
            DELETE FROM recording_keys
            WHERE retained = OLD.retained AND start_us = OLD.start_us AND recording_id = OLD.recording_id
                AND class IN (SELECT 0 UNION SELECT class FROM objects WHERE recording_id = OLD.recording_id);
            INSERT INTO recording_keys
            SELECT NEW.retained, c.class, NEW.start_us, NEW.recording_id, NEW.camera, NEW.confidence, NEW.duration_us,
                (SELECT coalesce(sum(bit), 0) FROM (
                    SELECT DISTINCT CASE WHEN class < 63 THEN 1 << class ELSE 1 END AS bit
                    FROM objects WHERE recording_id = NEW.recording_id)),
                c.objects, NEW.bytes
            FROM (
                SELECT 0 AS class, count(*) AS objects FROM objects WHERE recording_id = NEW.recording_id
                UNION ALL
                SELECT class, count(*) FROM objects WHERE recording_id = NEW.recording_id GROUP BY class
            ) c;
        END;
        CREATE TRIGGER clip_added_tracks AFTER INSERT ON clips WHEN NEW.retained = 1 BEGIN
            INSERT INTO tracks (id, appearances)
            SELECT DISTINCT track_id, 1 FROM objects WHERE recording_id = NEW.recording_id AND track_id IS NOT NULL
            ON CONFLICT (id) DO UPDATE SET appearances = appearances + 1;
        END;
        CREATE TRIGGER clip_deleted_tracks AFTER DELETE ON clips WHEN OLD.retained = 1 BEGIN
            UPDATE tracks SET appearances = max(appearances - 1, 0)
            WHERE id IN (SELECT track_id FROM objects WHERE recording_id = OLD.recording_id);
            DELETE FROM tracks
            WHERE id IN (SELECT track_id FROM objects WHERE recording_id = OLD.recording_id) AND appearances = 0;
        END;
        CREATE TRIGGER clip_removed_tracks AFTER UPDATE OF retained ON clips
        WHEN OLD.retained = 1 AND NEW.retained = 0 BEGIN
            UPDATE tracks SET appearances = max(appearances - 1, 0)
            WHERE id IN (SELECT track_id FROM objects WHERE recording_id = OLD.recording_id);
            DELETE FROM tracks
            WHERE id IN (SELECT track_id FROM objects WHERE recording_id = OLD.recording_id) AND appearances = 0;
        END;
        CREATE TRIGGER clip_returned_tracks AFTER UPDATE OF retained ON clips
        WHEN OLD.retained = 0 AND NEW.retained = 1 BEGIN
            INSERT INTO tracks (id, appearances)
            SELECT DISTINCT track_id, 1 FROM objects WHERE recording_id = NEW.recording_id AND track_id IS NOT NULL
            ON CONFLICT (id) DO UPDATE SET appearances = appearances + 1;
        END;
        -- Foreign keys are off in most programs, the sqlite3 shell too; this holds there as well.
        CREATE TRIGGER recording_deleted BEFORE DELETE ON recordings BEGIN
            DELETE FROM clips WHERE recording_id = OLD.id;
            DELETE FROM objects WHERE recording_id = OLD.id;
        END;
        """
}
