import Foundation
import Testing

@testable import WebAPI

@Suite struct OrderedJSONTests {
    @Test func keysKeepTheirOrderAndValuesTheirText() throws {
        let json = try OrderedJSON(
            Array(#" {"b": [1, 2.50, -3e2], "a": {"z": null, "y": "\"\u00e9\n\\"}, "c": [], "d": {}} "#.utf8))
        #expect(json.compact == #"{ "b": [1, 2.50, -3e2], "a": { "z": null, "y": "\"é\n\\" }, "c": [], "d": {} }"#)
        #expect(json["a"]?["y"]?.text == "\"é\n\\")
        #expect(json["none"] == nil && json["b"]?["x"] == nil)
        #expect(json.indented().hasPrefix("{\n  \"b\": [1, 2.50, -3e2],\n  \"a\": {\n    \"z\": null,\n"))
    }

    @Test(arguments: [
        "", " ", "{", "[", "\"", "\"\\", "{\"a\"}", "{\"a\":}", "{a:1}", "[1,]", "[1 2]", "{}{}", "\"\\x\"",
        "\"\u{1}\"", "]",
        String(repeating: "[", count: 200),
    ])
    func whatIsNoJSONIsRefused(_ text: String) {
        #expect(throws: OrderedJSON.Malformed.self) { try OrderedJSON(Array(text.utf8)) }
    }

    @Test func anyBytesAreReadOrRefused() {
        var state: UInt64 = 7
        let letters = Array(#"{}[]":,\u0e1 n"#.utf8)
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let byte = UInt8(truncatingIfNeeded: state >> 40)
                bytes.append(byte < 240 ? letters[Int(byte) % letters.count] : byte)
            }
            guard let json = try? OrderedJSON(bytes) else { continue }
            #expect((try? OrderedJSON(Array(json.compact.utf8))) == json, "\(bytes)")
        }
    }
}
