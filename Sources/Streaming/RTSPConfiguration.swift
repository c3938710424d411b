package import NIOCore

/// Where the streaming server listens, and what a client may cost.
package struct RTSPConfiguration: Sendable {
    /// An address or a host name; holds for every port.
    package var address = "127.0.0.1"
    /// 0: any free port.
    package var port = 8554
    package var securePort = 8322
    /// Of RTP over UDP: even; RTCP is on the next. 0: any free pair.
    package var rtpPort = 8000
    /// Further connections are refused.
    package var maximumConnections = 2048
    /// For the first request, and for each one to be whole once it has begun.
    package var requestTimeout = TimeAmount.seconds(10)
    /// For a connection that asks nothing and has no session.
    package var idleTimeout = TimeAmount.seconds(30)
    /// For a session without a sign of life, unless it plays over TCP or records. Clients are told, and count on it.
    package var sessionTimeoutSeconds = RTSPSession.usualTimeoutSeconds
    /// A publisher that sends nothing for so long is gone.
    package var publisherTimeout = TimeAmount.seconds(10)
    /// A reader that takes in nothing for so long is dropped.
    package var slowReaderTimeout = TimeAmount.seconds(5)
    /// What may wait for a reader, bytes; more makes it skip to the next key frame.
    package var readerQueueBytes = 16 << 20

    package init() {}
}

/// What the streaming server has done so far, and what it does now.
package struct StreamingCounters: Sendable, Hashable {
    package var connections = 0
    package var publishers = 0
    package var readers = 0
    /// What waits for all readers together.
    package var waitingBytes = 0
    package var sentBytes = 0
    package var receivedBytes = 0
    /// Times that a reader lagged and was moved on to the next key frame.
    package var skips = 0
    /// Readers that were dropped because they took in nothing.
    package var droppedReaders = 0
    /// Requests that were refused for want of the right credentials.
    package var refusals = 0
    /// Connections that were refused because there were too many.
    package var refusedConnections = 0
    /// Packets of publishers that were lost on the way.
    package var lostPackets = 0
}
