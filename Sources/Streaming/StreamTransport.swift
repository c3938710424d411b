/// How media travels in an RTSP session (RFC 2326, section 12.39).
package enum StreamTransport: String, Sendable {
    /// RTP inside the RTSP connection.
    case interleaved
    /// RTP over UDP, unicast.
    case udp
}
