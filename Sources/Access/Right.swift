/// What somebody may do with a stream.
package enum Right: String, CaseIterable, Sendable {
    /// Send the stream to this server.
    case publish
    /// Watch it.
    case read
}
