internal import FFmpeg
private import Foundation

#if canImport(Glibc)
    private import Glibc
#endif

/// A blocking TCP connection whose calls end when an `Interrupt` says so.
///
/// Belongs to one thread.
final class TCPConnection {
    private static let pollMilliseconds: Int32 = 100
    /// A read that brings more than this was gathered for too long: what the kernel holds for a connection is bounded.
    private static let gatherBytes = 96 << 10

    private let descriptor: Int32
    private let interrupt: Interrupt
    private let subject: String
    /// How long bytes are let gather before a read, at present.
    private var gatherSeconds = 0.0

    /// Connects to the first address of `host` that answers.
    init(host: String, port: Int, subject: String, interrupt: Interrupt) throws(FFmpegError) {
        self.interrupt = interrupt
        self.subject = subject
        var hints = addrinfo()
        #if os(Linux)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw FFmpegError(
                .unreachable, call: "getaddrinfo", subject: subject, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        var failure = FFmpegError(.unreachable, call: "connect", subject: subject, reason: "the host has no address")
        var candidate = list
        while let address = candidate {
            do throws(FFmpegError) {
                descriptor = try Self.connect(address.pointee, subject: subject, interrupt: interrupt)
                return
            } catch {
                failure = error
                if interrupt.shouldStop { break }
            }
            candidate = address.pointee.ai_next
        }
        throw failure
    }

    deinit {
        close(descriptor)
    }

    /// Waits for bytes and reads what is there, at most `buffer.count`.
    ///
    /// Packets come one by one, and waking up for each costs more than reading it: after a read that took all there was,
    /// more are let gather.
    ///
    /// - Parameter delaySeconds: for how long at most; at most 0.1.
    /// - Returns: how many; 0 when the other end has closed.
    func read(into buffer: UnsafeMutableRawBufferPointer, delaySeconds: Double) throws(FFmpegError) -> Int {
        var hasGathered = false
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 {
                gatherSeconds = min(count > Self.gatherBytes ? gatherSeconds / 2 : 2 * gatherSeconds + 0.001, 0.1)
                return count
            }
            guard errno == EAGAIN || errno == EINTR else { throw failure("recv") }
            if hasGathered {
                try wait(for: POLLIN, call: "recv")
            } else {
                usleep(useconds_t(min(gatherSeconds, max(delaySeconds, 0)) * 1e6))
                hasGathered = true
            }
        }
    }

    func write(_ bytes: [UInt8]) throws(FFmpegError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Self.sendFlags) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                guard errno == EAGAIN || errno == EINTR else { throw failure("send") }
                try wait(for: POLLOUT, call: "send")
            }
        }
    }

    private func wait(for event: Int32, call: String) throws(FFmpegError) {
        try Self.wait(descriptor, for: event, call: call, subject: subject, interrupt: interrupt)
    }

    private func failure(_ call: String) -> FFmpegError {
        Self.failure(call, subject: subject, code: errno)
    }

    private static func connect(_ address: addrinfo, subject: String, interrupt: Interrupt) throws(FFmpegError) -> Int32
    {
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { throw failure("socket", subject: subject, code: errno) }
        do throws(FFmpegError) {
            guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw failure("fcntl", subject: subject, code: errno)
            }
            #if canImport(Glibc)
                let status = Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen)
            #else
                let status = Darwin.connect(descriptor, address.ai_addr, address.ai_addrlen)
            #endif
            if status != 0 {
                guard errno == EINPROGRESS else { throw failure("connect", subject: subject, code: errno) }
                try wait(descriptor, for: POLLOUT, call: "connect", subject: subject, interrupt: interrupt)
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                guard code == 0 else { throw failure("connect", subject: subject, code: code) }
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func wait(
        _ descriptor: Int32, for event: Int32, call: String, subject: String, interrupt: Interrupt
    ) throws(FFmpegError) {
        var poller = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        repeat {
            guard !interrupt.shouldStop else {
                throw FFmpegError(
                    interrupt.isCancelled ? .cancelled : .timedOut, call: call, subject: subject,
                    reason: interrupt.isCancelled ? "cancelled" : "nothing came in time")
            }
        } while poll(&poller, 1, pollMilliseconds) <= 0
        if interrupt.isCancelled { throw FFmpegError(.cancelled, call: call, subject: subject, reason: "cancelled") }
    }

    private static func failure(_ call: String, subject: String, code: Int32) -> FFmpegError {
        let kind: FFmpegError.Code = code == ETIMEDOUT ? .timedOut : .unreachable
        return FFmpegError(kind, call: call, subject: subject, reason: "\(String(cString: strerror(code))) (\(code))")
    }

    #if os(Linux)
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #else
        private static let sendFlags: Int32 = 0
    #endif
}
