import Foundation
import TestSupport
import Testing

/// A line of `--json`, read strictly: any other key or type is an error.
private struct Line: Decodable {
    struct Object: Decodable {
        let name: String
        let confidence: Double
        let box: [Double]
        let trackID: Int?

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            #expect(Set(fields.allKeys.map(\.stringValue)) == ["class", "confidence", "bbox", "tracker_id"])
            name = try fields.decode(String.self, forKey: Key("class"))
            confidence = try fields.decode(Double.self, forKey: Key("confidence"))
            box = try fields.decode([Double].self, forKey: Key("bbox"))
            // Present and null, where nothing is followed.
            trackID = try fields.decode(Int?.self, forKey: Key("tracker_id"))
        }
    }

    let frame: Int
    let time: Double
    let objects: [Object]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        #expect(Set(fields.allKeys.map(\.stringValue)) == ["frame", "time", "detections"])
        frame = try fields.decode(Int.self, forKey: Key("frame"))
        time = try fields.decode(Double.self, forKey: Key("time"))
        objects = try fields.decode([Object].self, forKey: Key("detections"))
    }
}

private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

private func lines(of file: URL) throws -> [Line] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
}

@Suite(.serialized) struct DetectTests {
    @Test func aVideoIsAnalysedFollowedAndAnnotated() async throws {
        try await withTemporaryDirectory { folder in
            _ = try street(in: folder)
            let outcome = try await spectrax(
                "detect", "street.mp4", "--models-dir", models, "--json", "a.jsonl", "--mot", "a.txt", "--output",
                "a.mp4", in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.isEmpty, "no progress bar where there is no terminal")
            #expect(outcome.output.hasPrefix("street.mp4: 20 frames analysed with yolov3-tiny in "))
            #expect(outcome.output.contains("class                detections  tracks  best\nperson  "))

            let json = try lines(of: folder.appending(path: "a.jsonl"))
            #expect(json.map(\.frame) == Array(1...20))
            #expect(json.map(\.time) == (0..<20).map { Double($0) / 10 })
            let objects = json.flatMap(\.objects)
            #expect(objects.allSatisfy { $0.confidence >= 0.4 && $0.confidence <= 1 })
            #expect(
                objects.allSatisfy { object in
                    object.box.count == 4 && object.box[0] < object.box[2] && object.box[1] < object.box[3]
                        && object.box[2] <= 768 && object.box[3] <= 576
                })
            // A person by the measure of the source's pixels: some 30 by 70 here.
            let people = objects.filter { $0.name == "person" }
            #expect(people.contains { $0.box[2] - $0.box[0] > 20 && $0.box[3] - $0.box[1] > 50 })

            let rows = try String(contentsOf: folder.appending(path: "a.txt"), encoding: .utf8).split(separator: "\n")
                .map { $0.split(separator: ",") }
            #expect(rows.allSatisfy { $0.count == 10 })
            let ids = Set(objects.compactMap(\.trackID))
            #expect(!ids.isEmpty && ids.isSubset(of: Set(rows.compactMap { Int($0[1]) })))

            let probed = try Program.run([
                "ffprobe", "-v", "error", "-count_frames", "-show_entries",
                "stream=codec_type,width,height,r_frame_rate,nb_read_frames", "-of", "csv=p=0",
                folder.appending(path: "a.mp4").path,
            ])
            #expect(probed == "video,768,576,10/1,20\n")
        }
    }

    @Test func everyNthFrameAboveAConfidenceWithoutTracks() async throws {
        try await withTemporaryDirectory { folder in
            _ = try street(in: folder)
            let outcome = try await spectrax(
                "detect", "street.mp4", "--models-dir", models, "--every", "6", "--confidence", "0.7", "--no-track",
                "--json", "a.jsonl", in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let json = try lines(of: folder.appending(path: "a.jsonl"))
            #expect(json.map(\.frame) == [1, 7, 13, 19])
            #expect(json.map(\.time) == [0, 0.6, 1.2, 1.8])
            let objects = json.flatMap(\.objects)
            #expect(!objects.isEmpty && objects.allSatisfy { $0.confidence >= 0.7 && $0.trackID == nil })
            #expect(outcome.output.contains("class                detections  best\n"))
        }
    }

    @Test func aPictureIsAnalysedAndAnnotated() async throws {
        try await withTemporaryDirectory { folder in
            _ = try Footage.make("photo.jpg", in: folder, ["-ss", "1", "-i", vtest, "-frames:v", "1"])
            let outcome = try await spectrax(
                "detect", "photo.jpg", "--model", "\(models)/yolov3-tiny.onnx", "--json", "a.jsonl", "--output",
                "a.jpg", in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("photo.jpg: 1 frame analysed with "))
            let json = try lines(of: folder.appending(path: "a.jsonl"))
            #expect(json.map(\.frame) == [1])
            #expect(json.first?.objects.contains { $0.name == "person" && $0.trackID == nil } == true)
            let probed = try Program.run([
                "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0",
                folder.appending(path: "a.jpg").path,
            ])
            #expect(probed == "mjpeg,768,576\n")
            #expect(
                try Data(contentsOf: folder.appending(path: "a.jpg"))
                    != Data(contentsOf: folder.appending(path: "photo.jpg")))
        }
    }

    @Test func theProgressBarIsForTerminals() async throws {
        try await withTemporaryDirectory { folder in
            _ = try street(in: folder)
            let outcome = try await onThread {
                try Program.outcome(
                    of: [
                        "/usr/bin/python3", "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
                        binary.path, "detect", "street.mp4", "--models-dir", models, "--every", "2",
                    ], in: folder)
            }
            #expect(outcome.status == 0)
            #expect(outcome.output.contains(" of 20"), "\(outcome.output)")
            #expect(outcome.output.firstMatch(of: /street\.mp4  \[#*\.*\] \d+ %  frame \d+ of 20/) != nil)
        }
    }

    @Test(arguments: [
        (["none.mp4"], 1, "none.mp4: there is no such file\n"),
        (["notes.txt"], 1, "avformat_open_input failed on notes.txt: Invalid data found"),
        (["."], 1, "avformat_open_input failed on .: Is a directory"),
        (["rtsp://admin:hunter2@cam/1"], 1, "rtsp://***@cam/1: detect takes a file; `spectrax run` analyses a camera"),
        (["street.mp4", "--model", "none"], 1, "/none.onnx: there is no such model file; installed: yolov3-tiny\n"),
        (
            ["street.mp4", "--model", "notes.onnx"], 1,
            "notes.onnx: ONNX Runtime cannot load it, expected a whole ONNX model: "
        ),
        (["street.mp4", "--json", "/nowhere/a.jsonl"], 1, "/nowhere/a.jsonl: cannot be written\n"),
        (["street.mp4", "--output", "/nowhere/a.mp4"], 1, "avio_open failed on /nowhere/a.mp4: No such file"),
        (["street.mp4", "--output", "a.video"], 1, "a.video: the name tells no container that this FFmpeg writes"),
        (["street.mp4", "--output", "a.jpg"], 1, "a.jpg: one picture holds no video; write an .mp4 or .mkv\n"),
        (["street.mp4", "--output", "./street.mp4"], 64, "--output ./street.mp4 is the same file as the input"),
        (["street.mp4", "--json", "a", "--mot", "./a"], 64, "--mot ./a is the same file as --json"),
        (["street.mp4", "--every", "0"], 64, "--every is at least 1, not 0"),
        (["street.mp4", "--confidence", "1.5"], 64, "--confidence is within 0 and 1, not 1.5"),
        (["street.mp4", "--mot", "a.txt", "--no-track"], 64, "--mot writes tracks, which --no-track does without"),
        ([], 64, "Missing expected argument '<input>'"),
    ])
    func whatCannotBeDoneIsSaid(_ arguments: [String], _ status: Int, _ words: String) async throws {
        try await withTemporaryDirectory { folder in
            let video = try street(in: folder)
            let before = try Data(contentsOf: video)
            for name in ["notes.txt", "notes.onnx"] {
                try Data("no video, no model".utf8).write(to: folder.appending(path: name))
            }
            let outcome = try await onThread {
                try Program.outcome(of: [binary.path, "detect", "--models-dir", models] + arguments, in: folder)
            }
            #expect(outcome.status == status)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hunter2"))
            #expect(try Data(contentsOf: video) == before)
        }
    }
}
