import Domain
import Testing

@testable import Tracks

@Suite struct MOTChallengeTests {
    @Test func readsWhatTheBenchmarkHolds() throws {
        let text = "1,-1,500,158,30.979,70.299,93.673,-3.70694,-7.16689,0\r\n\n 2, 3 ,1.5,2,10,20,1\n3.0,4e0,0,0,1,1"
        let lines = try MOTChallenge.parse(text)
        #expect(lines.map(\.frame) == [1, 2, 3])
        #expect(lines.map(\.id) == [-1, 3, 4])
        #expect(lines.map(\.confidence) == [93.673, 1, 1])
        #expect(lines.dropFirst().first?.box == PixelBox(x1: 1.5, y1: 2, x2: 11.5, y2: 22))
    }

    @Test func whatIsWrittenReadsBackAlike() throws {
        var random = SeededGenerator(seed: 5)
        let lines = (1...300).map { frame in
            let x = Float.random(in: -50...2000, using: &random)
            let y = Float.random(in: -50...2000, using: &random)
            let box = PixelBox(
                x1: x, y1: y, x2: x + Float.random(in: 1...500, using: &random),
                y2: y + Float.random(in: 1...500, using: &random))
            return MOTChallenge.Line(
                frame: frame, id: .random(in: 1...1_000_000, using: &random), box: box,
                confidence: .random(in: 0...1, using: &random))
        }
        let back = try MOTChallenge.parse(lines.map { MOTChallenge.resultLine($0) }.joined(separator: "\n"))
        try #require(back.count == lines.count)
        for (line, read) in zip(lines, back) {
            #expect(read.frame == line.frame && read.id == line.id)
            #expect(abs(read.box.x1 - line.box.x1) < 0.006 && abs(read.box.y1 - line.box.y1) < 0.006)
            #expect(abs(read.box.width - line.box.width) < 0.006 && abs(read.box.height - line.box.height) < 0.006)
            #expect(abs(read.confidence - line.confidence) < 0.006)
        }
    }

    @Test func writesTwoDecimals() {
        let box = PixelBox(x1: -0.004, y1: -1.25, x2: 9.996, y2: 98.76)
        let track = Track(id: 12, classIndex: 0, confidence: 0.876, box: box)
        #expect(MOTChallenge.resultLine(frame: 3, track: track) == "3,12,0.00,-1.25,10.00,100.01,0.88,-1,-1,-1")
    }

    @Test(arguments: [
        ("1,2,3", "line 1: it has 3 columns, at least 6 are needed"),
        ("1,-1,0,0,5,5,1\nx,-1,0,0,5,5,1", "line 2: frame \"x\" is not a whole number"),
        ("\n\n0,-1,0,0,5,5,1", "line 3: frame 0 is not in 1...1000000000"),
        ("1,1.5,0,0,5,5,1", "line 1: id \"1.5\" is not a whole number"),
        ("1,1,nan,0,5,5,1", "line 1: left \"nan\" is not a number within ±1e9"),
        ("1,1,0,inf,5,5,1", "line 1: top \"inf\" is not a number within ±1e9"),
        ("1,1,0,0,,5,1", "line 1: width \"\" is not a number within ±1e9"),
        ("1,1,0,0,1,1e30,1", "line 1: height \"1e30\" is not a number within ±1e9"),
        ("1,1,0,0,1,1,\u{7}", "line 1: conf \"?\" is not a number within ±1e9"),
        ("99999999999999999999,1,0,0,1,1,1", "line 1: frame \"99999999999999999999\" is not a whole number"),
        (String(repeating: "1", count: 5000), "line 1: it is longer than 4096 bytes"),
    ])
    func namesTheLineAndTheReason(text: String, message: String) {
        let error = #expect(throws: MOTChallenge.ParseError.self) { try MOTChallenge.parse(text) }
        #expect(error?.description == "MOTChallenge \(message)")
    }

    @Test func anyBytesAreReadOrRefused() {
        var random = SeededGenerator(seed: 17)
        let valid = Array("12,-1,500.5,158,30.979,70.299,93.673,-1,-1,-1\n7,3,1,2,3,4,5\n".utf8)
        let alphabet = Array("0123456789,,,.-+eEnaifx \n\r\t".utf8) + [0, 0x80, 0xFF]
        var refused = 0
        for _ in 0..<5000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
                default: bytes.remove(at: place)
                }
            }
            do throws(MOTChallenge.ParseError) {
                for line in try MOTChallenge.parse(bytes) {
                    #expect(line.frame >= 1 && line.box.isFinite && line.confidence.isFinite)
                }
            } catch {
                refused += 1
                #expect((1...10).contains(error.line))
            }
        }
        #expect(refused > 0)
    }
}
