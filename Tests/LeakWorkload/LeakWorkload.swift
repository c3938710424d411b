import Cameras
import Domain
import FFmpeg
import Foundation

/// What `scripts/check-leaks` runs under valgrind: every owned resource of FFmpeg, made and let go, used well and badly.
///
/// Arguments: a folder with `good.mp4`, `damaged.mp4` and `notes.txt`, then addresses of cameras. One thread and no
/// concurrency runtime, which valgrind does not survive.
@main
enum LeakWorkload {
    static func main() {
        guard let folder = CommandLine.arguments.dropFirst().first else {
            print("usage: LeakWorkload FOLDER [ADDRESS...]")
            exit(2)
        }
        do {
            try run(in: URL(filePath: folder), addresses: CommandLine.arguments.dropFirst(2))
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    private static func run(in folder: URL, addresses: ArraySlice<String>) throws {
        let good = folder.appending(path: "good.mp4").path
        try transcode(good, into: folder)
        try copy(good, into: folder)
        readDamaged(folder.appending(path: "damaged.mp4").path)
        refuse(folder)
        for address in addresses {
            try watch(address)
            try cancel(address)
        }
    }

    /// Decodes, scales both ways, encodes and muxes; B-frames, a rewind and the end of the stream included.
    private static func transcode(_ file: String, into folder: URL) throws {
        var demuxer = try Demuxer(url: file, subject: file, interrupt: Interrupt())
        guard let video = demuxer.bestVideoStream else { return }
        let (width, height) = (160, 120)
        var decoder = try Decoder(video.parameters, subject: file, threads: 2)
        var encoder = try Encoder(width: width, height: height, framesPerSecond: 25, subject: "copy")
        var muxer = try Muxer(
            path: folder.appending(path: "small.mp4").path, streams: [encoder.parameters],
            options: ["movflags": "faststart", "unknown": "1"])
        var scaler = Scaler()
        var packed = [UInt32](repeating: 0, count: width * height)
        var planes = [Float](repeating: 0, count: 3 * width * height)
        var number = 0.0
        func show(_ frames: [Frame]) throws {
            for frame in frames {
                try packed.withUnsafeMutableBytes {
                    try scaler.scale(frame, toRGB32: $0, bytesPerRow: width * 4, width: width, height: height)
                }
                try planes.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    try scaler.scale(
                        frame, toRed: base, green: base + width * height, blue: base + 2 * width * height,
                        rowStride: width, width: width, height: height)
                }
                let packets = try packed.withUnsafeBytes {
                    try encoder.encode(rgb32: $0, bytesPerRow: width * 4, at: number / 25)
                }
                for packet in packets { try muxer.write(packet, stream: 0) }
                number += 1
            }
        }
        for round in 0..<2 {
            while let packet = try demuxer.next() {
                guard packet.streamIndex == video.index else { continue }
                try show(decoder.decode(packet, offsetSeconds: Double(round)))
            }
            try demuxer.rewind()
        }
        try show(decoder.finish())
        decoder.reset()
        for packet in try encoder.finish() { try muxer.write(packet, stream: 0) }
        try muxer.finish()
    }

    /// Copies packets, and leaves the file unfinished.
    private static func copy(_ file: String, into folder: URL) throws {
        var demuxer = try Demuxer(url: file, subject: file, interrupt: Interrupt())
        var muxer = try Muxer(
            path: folder.appending(path: "unfinished.mp4").path, streams: demuxer.streams.map(\.parameters))
        for _ in 0..<10 {
            guard let packet = try demuxer.next() else { break }
            try muxer.write(packet, stream: packet.streamIndex)
            try? muxer.write(packet, stream: 99)
        }
    }

    private static func readDamaged(_ file: String) {
        guard var demuxer = try? Demuxer(url: file, subject: file, interrupt: Interrupt()),
            let video = demuxer.bestVideoStream,
            var decoder = try? Decoder(video.parameters, subject: file)
        else { return }
        while let packet = try? demuxer.next() { _ = try? decoder.decode(packet) }
        _ = try? decoder.finish()
    }

    /// Everything that fails half-way.
    private static func refuse(_ folder: URL) {
        let notes = folder.appending(path: "notes.txt").path
        expectFailure { _ = try Demuxer(url: notes, subject: notes, interrupt: Interrupt()) }
        expectFailure { _ = try Demuxer(url: "\(notes).not", subject: notes, interrupt: Interrupt()) }
        expectFailure {
            var options = Demuxer.Options()
            options.format = "no-such-format"
            _ = try Demuxer(url: notes, subject: notes, options: options, interrupt: Interrupt())
        }
        expectFailure {
            let cancelled = Interrupt()
            cancelled.cancel()
            _ = try Demuxer(url: "tcp://127.0.0.1:9", subject: "cancelled", interrupt: cancelled)
        }
        expectFailure { _ = try Encoder(width: 0, height: 0, framesPerSecond: 25, subject: "no size") }
        expectFailure {
            let demuxer = try Demuxer(
                url: folder.appending(path: "good.mp4").path, subject: "good", interrupt: Interrupt())
            _ = try Muxer(path: "/nowhere/at/all.mp4", streams: demuxer.streams.map(\.parameters))
        }
        expectFailure {
            let demuxer = try Demuxer(
                url: folder.appending(path: "good.mp4").path, subject: "good", interrupt: Interrupt())
            // The container takes no such codec: its header is refused after the file was made.
            let parameters = demuxer.streams.map(\.parameters)
            _ = try Muxer(path: folder.appending(path: "refused.wav").path, streams: parameters)
        }
    }

    private static func expectFailure(_ body: () throws -> Void) {
        guard (try? body()) != nil else { return }
        print("something that must fail did not")
        exit(3)
    }

    /// Reads some packets of a camera as the server does.
    private static func watch(_ address: String) throws {
        let source = Source(try CameraURL(address))
        var demuxer = try source.open(interrupt: Interrupt())
        guard let video = demuxer.bestVideoStream else { return }
        var decoder = try Decoder(video.parameters, subject: address)
        for _ in 0..<10 {
            guard let packet = try demuxer.next() else { break }
            if packet.streamIndex == video.index { _ = try decoder.decode(packet) }
        }
    }

    /// Is interrupted while it opens.
    private static func cancel(_ address: String) throws {
        var source = Source(try CameraURL(address))
        source.openTimeoutSeconds = 0.02
        _ = try? source.open(interrupt: Interrupt())
    }
}
