import NIOCore
import NIOPosix
import Plumbing

/// Sends to readers over UDP.
protocol DatagramSender: Sendable {
    /// - Parameter packets: which of the batch, by their numbers.
    func send(_ batch: RTPBatch, packets: Range<Int>, to address: SocketAddress)
    func sendReport(_ packet: ByteBuffer, to address: SocketAddress)
}

/// The two UDP ports that all sessions share: RTP and, on the next, RTCP. Who sent a packet tells whose it is.
///
/// Used on the event loop that it was opened on.
final class UDPPorts: DatagramSender {
    typealias Receiver = @Sendable (ByteBuffer) -> Void

    /// Sessions at a time that receive over UDP: publishers' media, and readers' reports.
    private static let maximumReceivers = 8192

    let rtpPort: Int
    private let rtp: any Channel
    private let rtcp: any Channel
    private let receivers: Receivers

    private init(rtp: any Channel, rtcp: any Channel, receivers: Receivers) {
        self.rtp = rtp
        self.rtcp = rtcp
        self.receivers = receivers
        rtpPort = rtp.localAddress?.port ?? 0
    }

    /// - Parameter port: even; 0 takes any free pair.
    static func open(address: String, port: Int, on loop: any EventLoop) async throws -> UDPPorts {
        let receivers = Receivers()
        var tries = 0
        while true {
            let rtp = try await bind(address, port, loop, receivers, isReport: false)
            let first = rtp.localAddress?.port ?? 0
            do {
                guard port != 0 || first % 2 == 0, first < 65_535 else { throw NoPair() }
                let rtcp = try await bind(address, first + 1, loop, receivers, isReport: true)
                return UDPPorts(rtp: rtp, rtcp: rtcp, receivers: receivers)
            } catch {
                try? await rtp.close()
                tries += 1
                guard port == 0, tries < 50 else { throw error }
            }
        }
    }

    private struct NoPair: Error {}

    private static func bind(
        _ address: String, _ port: Int, _ loop: any EventLoop, _ receivers: Receivers, isReport: Bool
    ) async throws -> any Channel {
        try await DatagramBootstrap(group: loop)
            // A key frame comes as a hundred packets at once.
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(.socketOption(.so_sndbuf), value: 4 << 20)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048 * 32))
            .channelOption(.datagramVectorReadMessageCount, value: 32)
            .channelOption(.writeBufferWaterMark, value: .init(low: 8 << 20, high: 16 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReceiver(receivers: receivers, isReport: isReport))
                }
            }
            .bind(host: address, port: port).get()
    }

    func close() async {
        try? await rtp.close()
        try? await rtcp.close()
    }

    /// What the port cannot take is lost, as UDP has it.
    func send(_ batch: RTPBatch, packets: Range<Int>, to address: SocketAddress) {
        for packet in batch.packets[packets] where rtp.isWritable {
            guard let bytes = batch.framed.getSlice(at: packet.lowerBound, length: packet.count) else { continue }
            rtp.write(AddressedEnvelope(remoteAddress: address, data: bytes), promise: nil)
        }
        rtp.flush()
    }

    func sendReport(_ packet: ByteBuffer, to address: SocketAddress) {
        guard rtcp.isWritable else { return }
        rtcp.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: packet), promise: nil)
    }

    /// Takes what comes from a client's port; `receiver` is called on the port's event loop.
    ///
    /// - Returns: false when somebody has it already, or there are too many.
    func receive(from address: SocketAddress, isReport: Bool, _ receiver: @escaping Receiver) -> Bool {
        receivers.add(address, isReport, receiver, limit: Self.maximumReceivers)
    }

    func forget(_ address: SocketAddress, isReport: Bool) {
        receivers.remove(address, isReport)
    }
}

/// Who takes what comes from which address.
private final class Receivers: Sendable {
    private struct Key: Hashable {
        let address: SocketAddress
        let isReport: Bool
    }

    private let table = Locked<[Key: UDPPorts.Receiver]>([:])

    func add(_ address: SocketAddress, _ isReport: Bool, _ receiver: @escaping UDPPorts.Receiver, limit: Int) -> Bool {
        table.withLock { table in
            let key = Key(address: address, isReport: isReport)
            guard table[key] == nil, table.count < limit else { return false }
            table[key] = receiver
            return true
        }
    }

    func remove(_ address: SocketAddress, _ isReport: Bool) {
        table.withLock { $0[Key(address: address, isReport: isReport)] = nil }
    }

    func find(_ address: SocketAddress, _ isReport: Bool) -> UDPPorts.Receiver? {
        table.withLock { $0[Key(address: address, isReport: isReport)] }
    }
}

private final class DatagramReceiver: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receivers: Receivers
    private let isReport: Bool

    init(receivers: Receivers, isReport: Bool) {
        self.receivers = receivers
        self.isReport = isReport
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        receivers.find(envelope.remoteAddress, isReport)?(envelope.data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // ICMP tells that a client's port is closed; its connection will tell as well.
    }
}
