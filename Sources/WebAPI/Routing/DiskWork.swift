import NIOPosix

/// Runs what blocks on the disk on a thread for that: neither an event loop nor the cooperative pool may wait for it.
func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}
