-- The table of the Python SpectraX, with rows as it wrote them and with odd ones. FOLDER stands for the folder of the database.
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    stream_id TEXT,
    stream_name TEXT,
    file_path TEXT NOT NULL,
    duration REAL,
    objects_detected TEXT,
    thumbnail_path TEXT,
    confidence REAL,
    retained INTEGER DEFAULT 1,
    tracker_ids TEXT
);
CREATE INDEX idx_timestamp ON recordings(timestamp);
CREATE INDEX idx_stream_id ON recordings(stream_id);
-- An ordinary one.
INSERT INTO recordings VALUES(5,'2025-10-12T19:05:30.123456','fd778237-c3e5-49e8-be03-e588801943be','front-door',
    'FOLDER/front-door_2025-10-12_19-05-30.mp4',15.234567,
    '[{"class": "person", "confidence": 0.95, "bbox": [100, 200, 300, 400], "tracker_id": 42}, {"class": "car", "confidence": 0.87, "bbox": [500.6, 100, 700, 300.2], "tracker_id": 15}]',
    'FOLDER/front-door_2025-10-12_19-05-30_thumb.jpg',0.95,1,'[42, 15]');
-- The camera had another id at an earlier start; no microseconds.
INSERT INTO recordings VALUES(6,'2025-10-01T10:00:00','11111111-2222-4333-8444-555555555555','front-door',
    'FOLDER/front-door_2025-10-01_10-00-00.mp4',10,'[]',NULL,NULL,1,NULL);
-- With zones; a blank for the T.
INSERT INTO recordings VALUES(7,'2025-10-02T10:00:00Z','fd778237-c3e5-49e8-be03-e588801943be','front-door','FOLDER/zulu.mp4',1,NULL,NULL,0.5,1,NULL);
INSERT INTO recordings VALUES(8,'2025-10-02 12:00:00.5+02:00','fd778237-c3e5-49e8-be03-e588801943be','front-door','FOLDER/offset.mp4',1,NULL,NULL,0.5,1,NULL);
-- Text that is no JSON, JSON that is no array of objects, and what Python's encoder makes of a missing number.
INSERT INTO recordings VALUES(9,'2025-10-03T10:00:00','yard','Back Yard','FOLDER/nojson.mp4',1,'[{"class": "person", "conf',NULL,0.6,1,'oops');
INSERT INTO recordings VALUES(10,'2025-10-03T10:00:01','yard','Back Yard','FOLDER/dict.mp4',1,'{"person": 3}',NULL,0.6,1,'{}');
INSERT INTO recordings VALUES(11,'2025-10-03T10:00:02','yard','Back Yard','FOLDER/nan.mp4',1,'[{"class": "person", "confidence": NaN}]',NULL,0.6,1,NULL);
INSERT INTO recordings VALUES(12,'2025-10-03T10:00:03','yard','Back Yard','FOLDER/odd.mp4',1,
    '[{"class": "dog", "confidence": 7}, {"class": 5}, 3, null, {"class": "cat", "bbox": [1, 2], "tracker_id": 1e300}]',NULL,NULL,1,'[7, 8]');
-- NULL and nonsense everywhere.
INSERT INTO recordings VALUES(13,'yesterday',NULL,NULL,'FOLDER/cam_2025-10-04_11-12-13.mp4',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO recordings VALUES(14,1760295930.5,'','','FOLDER/number.mp4','long',x'00ff',NULL,'high','yes',3);
INSERT INTO recordings VALUES(15,'never','x','y','',-4,'','',99,1,'');
-- Files that are not there: marked for deletion or not; and one marked for deletion that is still there.
INSERT INTO recordings VALUES(16,'2025-10-05T10:00:00','yard','Back Yard','FOLDER/missing.mp4',1,'[{"class": "ghost", "confidence": 0.5, "bbox": [1,2,3,4], "tracker_id": 900}]',NULL,0.5,1,'[900]');
INSERT INTO recordings VALUES(17,'2025-10-05T10:00:01','yard','Back Yard','FOLDER/marked-missing.mp4',1,NULL,NULL,0.5,0,NULL);
INSERT INTO recordings VALUES(18,'2025-10-05T10:00:02','yard','Back Yard','FOLDER/marked.mp4',1,NULL,NULL,0.5,0,NULL);
-- Elsewhere: another folder, a folder that cannot be reached, a relative path, ways out of a folder.
INSERT INTO recordings VALUES(19,'2025-10-06T10:00:00','yard','Back Yard','ELSEWHERE/clip.mp4',1,NULL,'ELSEWHERE/clip_thumb.jpg',0.5,1,NULL);
INSERT INTO recordings VALUES(20,'2025-10-06T10:00:01','yard','Back Yard','/mnt/not-mounted/clip.mp4',1,NULL,'FOLDER/other-folder_thumb.jpg',0.5,1,NULL);
INSERT INTO recordings VALUES(21,'2025-10-06T10:00:02','yard','Back Yard','recordings/relative.mp4',1,NULL,NULL,0.5,1,NULL);
INSERT INTO recordings VALUES(22,'2025-10-06T10:00:03','yard','Back Yard','ELSEWHERE/../victim.mp4',1,NULL,NULL,0.5,1,NULL);
INSERT INTO recordings VALUES(23,'2025-10-06T10:00:04','yard','Back Yard','LINK/victim.mp4',1,NULL,NULL,0.5,1,NULL);
-- Two rows with one file.
INSERT INTO recordings VALUES(24,'2025-10-07T10:00:00','yard','Back Yard','FOLDER/twice.mp4',1,NULL,NULL,0.5,1,NULL);
INSERT INTO recordings VALUES(25,'2025-10-07T10:00:01','yard','Back Yard','FOLDER/twice.mp4',1,NULL,NULL,0.5,1,NULL);
-- Deleted since; its id must not come again.
INSERT INTO recordings VALUES(40,'2025-10-08T10:00:00','yard','Back Yard','FOLDER/deleted.mp4',1,NULL,NULL,0.5,1,NULL);
DELETE FROM recordings WHERE id = 40;
