import Streaming
import Testing

@Suite struct RTSPAddressTests {
    @Test(arguments: [
        ("rtsp://host:8554/video/front-door", "video/front-door"), ("rtsps://u:p@host/video/a/", "video/a"),
        ("/video/a/trackID=0", "video/a/trackID=0"), ("rtsp://host/video/a?x=1", "video/a"), ("rtsp://host", ""),
        ("rtsp://host/video%2Fa", "video/a"),
    ])
    func pathsAreTakenOutOfAddresses(_ uri: String, _ path: String) {
        #expect(RTSPAddress(uri)?.path == path)
    }

    @Test(arguments: ["http://host/video", "video/a", "", "rtsp://host/%zz", "ftp://x"])
    func whatIsNoneIsRefused(_ uri: String) {
        #expect(RTSPAddress(uri) == nil)
    }
}
