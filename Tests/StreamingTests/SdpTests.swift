import FFmpeg
import Foundation
import Streaming
import TestSupport
import Testing

@Suite struct SdpTests {
    private func description(_ lines: [String]) throws -> SessionDescription {
        try SessionDescription(parsing: lines.joined(separator: "\r\n").utf8)
    }

    @Test func whatFFmpegAnnouncesIsUnderstood() throws {
        let media = try description([
            "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=No Name", "c=IN IP4 127.0.0.1", "t=0 0", "a=tool:libavformat 59.27",
            "m=video 0 RTP/AVP 96", "b=AS:200", "a=rtpmap:96 H264/90000",
            "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHpWg,aM44gA==; profile-level-id=42C01E",
            "a=control:streamid=0", "m=audio 0 RTP/AVP 97", "b=AS:128", "a=rtpmap:97 MPEG4-GENERIC/44100/2",
            "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=1210",
            "a=control:streamid=1",
        ]).media
        #expect(media.map(\.codec) == [.h264, .aac])
        #expect(media.map(\.control) == ["streamid=0", "streamid=1"])
        #expect(media.map(\.clockRate) == [90_000, 44_100])
        #expect(media[1].channels == 2)
        #expect(media[0].setUpData == Rtp.unit([[0x67, 0x42, 0xC0, 0x1E, 0x95, 0xA0], [0x68, 0xCE, 0x38, 0x80]]))
        #expect(media[1].setUpData == [0x12, 0x10])
    }

    @Test func attributesMayComeInAnyOrderAndMediaThatAreNotKnownArePassedOver() throws {
        let media = try description([
            "o=nonsense", "a=control:*", "m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000",
            "a=control:meta", "m=video 0 RTP/AVP 26", "a=control:jpeg", "m=", "a=rtpmap:", "a=fmtp:96",
            "m=audio 0 RTP/AVP 8", "m=video 0 RTP/AVP 98 96", "a=control:rtsp://host/x/trackID=3", "a=fmtp:98 ",
            "a=framerate:25", "a=fmtp:97 other=1", "a=fmtp:98 SPROP-VPS = QAEMAf== ;sprop-sps=",
            "a=rtpmap:98 h265/90000",
            "m=video 0 RTP/SAVP 96", "a=rtpmap:96 H264/90000", "m=audio 0 RTP/AVP 0",
        ]).media
        #expect(media.map(\.codec) == [nil, .mjpeg, nil, .pcma, .h265, nil, .pcmu])
        #expect(media[4].control == "rtsp://host/x/trackID=3")
        #expect(media[4].parameters == ["sprop-vps": "QAEMAf==", "sprop-sps": ""])
        #expect(media[4].setUpData == Rtp.unit([[0x40, 1, 0x0C, 1]]))
        #expect(media[3].clockRate == 8000 && media[1].clockRate == 90_000)
    }

    @Test(arguments: [
        ("Z0LAHpWg,!!!,aM44gA==", 2), ("", 0), (",,,", 0), ("AAAAAWdCwB6VoAAAAAFozjiA", 2), ("Z0LAHpWg,aM44gA", 2),
        (String(repeating: "Z0LAHpWg,", count: 6000), 0), ("Z" + String(repeating: "A", count: 60_000), 0),
    ])
    func parameterSetsThatMakeNoSenseAreLeftOut(_ sets: String, _ count: Int) throws {
        let media = try description([
            "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 sprop-parameter-sets=\(sets)",
        ]).media
        let data = media[0].setUpData
        #expect(data.indices.filter { data[$0...].starts(with: Rtp.startCode) }.count == count)
        #expect(data.count <= 16 << 10)
    }

    @Test(arguments: ["", "121", "12zz", "-1+2", String(repeating: "12", count: 500)])
    func aConfigurationThatMakesNoSenseIsLeftOut(_ digits: String) throws {
        let media = try description([
            "m=audio 0 RTP/AVP 97", "a=rtpmap:97 mpeg4-generic/0/0", "a=fmtp:97 config=\(digits); sizelength=-5",
        ]).media
        #expect(media[0].setUpData.isEmpty)
        #expect(media[0].channels == 1 && media[0].clockRate > 0)
    }

    @Test func whatIsTooMuchIsRefused() {
        let section = ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"]
        #expect(throws: SessionDescriptionError.self) { try description(["v=0"]) }
        #expect(throws: SessionDescriptionError.self) {
            try SessionDescription(parsing: [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20))
        }
        #expect(throws: SessionDescriptionError.self) {
            try description(section + [String](repeating: "a=x", count: 10_000))
        }
        #expect(throws: SessionDescriptionError.self) {
            try description((0..<50).flatMap { _ in section })
        }
        #expect(throws: SessionDescriptionError.self) { try SessionDescription(parsing: [0xFF, 0xFE, 0, 10, 13]) }
    }

    @Test func noBytesDoHarm() throws {
        let seed = Array(
            "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000/1\r\na=fmtp:96 a=b;c=d,e\r\na=control:x\r\n".utf8)
        var dice = Dice(5)
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...8, using: &dice) {
                bytes[Int.random(in: bytes.indices, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            }
            for media in (try? SessionDescription(parsing: bytes))?.media ?? [] { _ = media.setUpData }
        }
    }

    /// What is described to players is what publishers' descriptions are read with.
    @Test func aDescriptionOfOursIsUnderstoodByOurs() async throws {
        try await withTemporaryDirectoryBlocking { folder in
            let video = try Rtp.Recorded(try RtpFootage.h264(in: folder)).stream
            let other = try Rtp.Recorded(try RtpFootage.h265(in: folder)).stream
            let aac = try Rtp.Recorded(try RtpFootage.sound("aac", in: folder)).stream
            let opus = try Rtp.Recorded(try RtpFootage.sound("libopus", in: folder)).stream
            let g711 = try Rtp.Recorded(try RtpFootage.sound("pcm_mulaw", in: folder, rate: 8000, channels: 1)).stream
            let jpeg = try Rtp.Recorded(try RtpFootage.mjpeg(in: folder)).stream
            let streams = [video, other, aac, opus, g711, jpeg]
            let packetizers = try streams.enumerated().map { try #require(Packetizer($1, track: $0)) }
            let text = SessionText.describing(
                name: "front\r\nm=evil", media: zip(streams, packetizers).map { ($0, $1) })
            let media = try SessionDescription(parsing: text.utf8).media
            #expect(media.map(\.codec) == [.h264, .h265, .aac, .opus, .pcmu, .mjpeg])
            #expect(media.map(\.payloadType) == packetizers.map(\.payloadType))
            #expect(media.map(\.clockRate) == packetizers.map(\.clockRate))
            #expect(media.map(\.control) == (0..<6).map { "trackID=\($0)" })
            #expect(media[2].setUpData == aac.parameters.extradata)
            #expect(media[2].channels == 2 && media[3].channels == 2 && media[4].channels == 1)
            #expect(media[0].setUpData.contains(0x67) && !media[1].setUpData.isEmpty)
        }
    }
}
