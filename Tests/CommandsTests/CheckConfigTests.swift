import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct CheckConfigTests {
    private func check(_ yaml: String, arguments: [String] = ["--config", "s.yml"]) async throws -> Program.Outcome {
        try await withTemporaryDirectory { folder in
            try Data(yaml.utf8).write(to: folder.appending(path: "s.yml"))
            return try await onThread {
                try Program.outcome(of: [binary.path, "check-config"] + arguments, in: folder)
            }
        }
    }

    @Test func aGoodFileIsInOrder() async throws {
        let outcome = try await check(
            """
            cameras:
              - video/phone
              - path: video/door
                name: Front door
                source: "rtsp://admin:hunter2@192.168.1.20/1?key=hunter2"
              - path: video/off
                source: "file:gone.mp4"
                enabled: false
            detection:
              models_dir: \(models)
              filters: {classes: [person, Dog]}
            network: {api_port: 1}
            """)
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                camera  video/phone  "phone"  (published to this server)
                camera  video/door  "Front door"  rtsp://***@192.168.1.20/1?key=***
                camera  video/off  "off"  file:gone.mp4  disabled
                model   yolov3-tiny  yolov5  416x416  80 classes
                s.yml: in order

                """)
        let warnings = outcome.errors.split(separator: "\n")
        #expect(warnings.count == 2)
        #expect(warnings.first == "warning: s.yml:12:21: network.api_port: has no effect: the API is on detection.port")
        #expect(warnings.last?.hasPrefix("warning: s.yml:7:13: cameras[2].source: there is no file /") == true)
    }

    @Test(arguments: [
        ("cameras: [a\n", "s.yml:2:1: not valid YAML: did not find expected ',' or ']'"),
        ("cameras: a\n", "s.yml:1:10: cameras: a is not a list"),
        ("cameras: [a, /b]\n", "s.yml:1:14: cameras[1]: \"/b\": not a stream path"),
        (
            "cameras:\n  - path: a\n  - path: a\n",
            "s.yml:3:11: cameras[1].path: \"a\" in line 3 is already the path of the camera in line 2"
        ),
        ("cameras: [a]\ndetcetion: {}\n", "s.yml:2:1: detcetion: unknown key; did you mean \"detection\"?"),
        ("cameras: [a]\ndetection:\n  confidence: 2\n", "s.yml:3:15: detection.confidence: 2 is not between 0 and 1"),
        ("cameras: [a]\ndetection:\n  port: \"80\"\n", "s.yml:3:9: detection.port: \"80\" is not a whole number"),
        (
            "cameras:\n  - path: a\n    source: exec:rm\n",
            "s.yml:3:13: cameras[0].source: not a camera address: it must start with one of rtsp, rtsps"
        ),
        ("cameras: !!python/object [a]\n", "s.yml:1:10: tags (!name) are not accepted"),
        ("\tcameras: [a]\n", "s.yml:1:1: not valid YAML: a tab; YAML indents with spaces"),
        ("cameras:\n\t- a\n", "s.yml:2:1: not valid YAML: a tab; YAML indents with spaces"),
        ("cameras: [@]\n", "s.yml:1:11: not valid YAML: found character that cannot start any token"),
        ("cameras:\n  - \"a\n  - b\n", "s.yml:2:5: not valid YAML: the quote that opens here is not closed"),
        (
            "cameras: [a]\ndetection: {model: yolov8n.pt}\n",
            "s.yml:2:20: detection.model: \"yolov8n.pt\" is a PyTorch file"
        ),
        (
            "cameras: [a]\ndetection:\n  models_dir: /nowhere\n",
            "s.yml:3:15: detection.models_dir: /nowhere: there is no model"
        ),
        (
            "cameras: [a]\ndetection:\n  models_dir: \(models)\n  model: none\n",
            "s.yml:4:10: detection.model: \(models)/none.onnx: there is no such model file; installed: yolov3-tiny"
        ),
    ])
    func aMistakeIsShownWithItsPlaceAndKey(_ yaml: String, _ expected: String) async throws {
        let outcome = try await check(yaml)
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix(expected), "\(outcome.errors)")
    }

    @Test func everyUnknownClassIsNamedWithTheValidOnes() async throws {
        let outcome = try await check(
            """
            cameras:
              - path: a
                detection: {filters: {classes: [person, prsn]}}
              - b
            detection:
              models_dir: \(models)
              filters:
                classes: [dgo]
            recording: {record_objects: [peron]}
            """)
        #expect(outcome.status == 78)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 3)
        let expected = [
            "s.yml:3:45: cameras[0].detection.filters.classes[1]: the model knows no class \"prsn\"; valid are: person, ",
            "s.yml:8:15: detection.filters.classes[0]: the model knows no class \"dgo\"; valid are: person, ",
            "s.yml:9:30: recording.record_objects[0]: the model knows no class \"peron\"; valid are: person, ",
        ]
        for (line, start) in zip(lines, expected) {
            #expect(line.hasPrefix(start) && line.contains("toothbrush"), "\(line)")
        }
    }

    @Test func aFileThatIsNotThereIsAnsweredWithAnExample() async throws {
        let outcome = try await check("", arguments: [])
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix("surveillance.yml:1:1: there is no such file. Create it with these lines"))
        #expect(outcome.errors.contains("cameras:\n  - path: video/front-door\n    source: \"rtsp://"))
        // What the message shows is a good file.
        let example = try #require(outcome.errors.firstRange(of: "cameras:"))
        let yaml = outcome.errors[example.lowerBound...] + "detection: {models_dir: \(models)}\n"
        #expect(try await check(String(yaml)).status == 0)
    }

    @Test func passwordsAreNotRepeated() async throws {
        let outcome = try await check(
            """
            cameras:
              - path: a
                source: "rtsp://admin:hunter2@"
              - "rtsp://admin:hunter2@cam/1"
              - path: "rtsp://admin:hunter2@cam/1"
              - path: b
                "rtsp://admin:hunter2@cam/1": c
                transport: "rtsp://admin:hunter2@cam/1"
                loop: admin:hunter2@cam
            """)
        #expect(outcome.status == 78)
        #expect(outcome.errors.split(separator: "\n").count == 6)
        #expect(!outcome.errors.contains("hunter2"))
    }
}
