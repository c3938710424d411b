extension SettingsReference {
    static func streamingRows(_ settings: Settings) -> [Row] {
        let streaming = settings.streaming
        return [
            Row("streaming", "map", "", "", "RTSP: cameras and phones publish to it, players read from it"),
            Row(
                "streaming.enabled", "true or false", "\(streaming.enabled)", "",
                "Whether streams are taken and handed on over RTSP"),
            Row(
                "streaming.rtsp_port", "whole number", "\(streaming.rtspPort)", "0 to 65535",
                "Port of RTSP; 0: any free one"),
            Row(
                "streaming.rtsps_port", "whole number", "\(streaming.rtspsPort)", "0 to 65535",
                "Port of RTSP over TLS; 0: any free one"),
            Row(
                "streaming.rtp_port", "whole number", "\(streaming.rtpPort)", "even, 0 to 65534",
                "UDP port of RTP, RTCP is on the next; 0: any free pair"),
            Row(
                "streaming.slow_reader_timeout_seconds", "number", numberText(streaming.slowReaderTimeoutSeconds),
                "1 to 60", "A reader that takes nothing in for so long is dropped"),
            Row(
                "streaming.anonymous_read", "true or false", "\(streaming.anonymousRead)", "",
                "Whether everybody may watch over RTSP without credentials"),
            Row(
                "streaming.allow_basic_without_tls", "true or false", "\(streaming.allowsBasicWithoutTLS)", "",
                "Whether passwords may come unencrypted"),
            Row(
                "streaming.rights", "list of maps", "[]", "",
                "Who may do what with some paths over RTSP; the first that applies counts. Without: the publisher publishes, the viewer watches"
            ),
            Row(
                "streaming.rights[].paths", "list of texts", "", "* for any characters",
                "The paths that it is about"),
            Row(
                "streaming.rights[].publish", "list of texts", "", "publisher, viewer, anyone",
                "Who may publish there; empty: nobody"),
            Row(
                "streaming.rights[].read", "list of texts", "", "publisher, viewer, anyone",
                "Who may watch there; empty: nobody"),
        ]
    }
}
