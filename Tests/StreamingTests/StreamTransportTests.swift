import Streaming
import Testing

@Test("Transports have names for logs and figures")
func namesOfTransports() { #expect(StreamTransport.udp.rawValue == "udp") }
