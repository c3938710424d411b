package import Foundation

/// A program of another maker, run as a peer of ours.
package struct Program: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// How a program ended, and what it said.
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Runs to the end.
    ///
    /// - Returns: what it printed on standard output.
    /// - Throws: `Failure` with its standard error when it exits with anything but 0.
    @discardableResult
    package static func run(_ arguments: [String], in folder: URL? = nil) throws -> String {
        let outcome = try outcome(of: arguments, in: folder)
        guard outcome.status == 0 else {
            throw Failure(
                description:
                    "\(arguments.joined(separator: " ")): \(outcome.status)\n\(outcome.errors.suffix(2000))")
        }
        return outcome.output
    }

    /// Runs to the end, whatever it is. Blocks.
    ///
    /// - Parameter environment: is added to this process's own.
    package static func outcome(of arguments: [String], in folder: URL? = nil, environment: [String: String] = [:])
        throws -> Outcome
    {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        let log = FileManager.default.temporaryDirectory.appending(path: "spectrax-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: log) }
        let errors = try FileHandle(forWritingTo: log)
        process.standardError = errors
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: printed, as: UTF8.self),
            errors: (try? String(contentsOf: log, encoding: .utf8)) ?? "")
    }
}

/// A program that runs beside a test and ends with it.
package final class RunningProgram: Sendable {
    private let process: Process
    private let input = Pipe()
    private let output: Pipe

    package init(_ arguments: [String]) throws {
        process = Process()
        output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        // Held open: some peers end when their input does.
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { end() }

    package var isRunning: Bool { process.isRunning }

    /// Stops it in the middle of what it does; its connections stay open.
    package func freeze() { Foundation.kill(process.processIdentifier, SIGSTOP) }

    /// The first line that it prints.
    package func firstLine() -> String {
        var line = Data()
        while let byte = try? output.fileHandleForReading.read(upToCount: 1), let value = byte.first, value != 10 {
            line.append(value)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends it at once, without a farewell to anybody; a peer has nothing to lose.
    package func end() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        // Foundation keeps them open for longer than this object lives.
        try? input.fileHandleForWriting.close()
        try? output.fileHandleForReading.close()
    }
}
