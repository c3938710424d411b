extension SettingsReference {
    static func recordingRows(_ settings: Settings) -> [Row] {
        let recording = settings.recording
        return [
            Row("recording", "map", "", "", "A clip of every event"),
            Row("recording.enabled", "true or false", "\(recording.enabled)", "", "Whether events are recorded"),
        ] + ruleRows("recording.", recording.rules) + [
            Row(
                "recording.max_clip_seconds", "number", numberText(recording.maxClipSeconds), "10 to 86400",
                "A longer clip goes on in a next one, without a gap"),
            Row(
                "recording.max_storage_gb", "number", "\(recording.maxStorageGB)", "above 0, at most 1000000",
                "Space for recordings in GB (2^30 bytes); the oldest make room"),
            Row(
                "recording.max_days", "number or null", "null", "0.01 to 36500",
                "Recordings older than this are removed; null: none for its age"),
            Row(
                "recording.min_free_gb", "number", numberText(recording.minFreeGB), "0 to 1000000",
                "Space in GB that is left free on the disk of the recordings"),
            Row(
                "recording.recordings_dir", "text", text(recording.directory), "",
                "Directory of the recordings and their database; its parent must be there"),
            Row(
                "recording.mount_point", "text", text(recording.mountPoint), "",
                "Folder at which the volume of the recordings must be mounted; without it nothing is written. Empty: none"
            ),
        ]
    }

    static var cameraRecordingRows: [Row] {
        [
            Row("cameras[].recording", "map", "", "", "What this camera does otherwise than `recording`"),
            Row("cameras[].recording.enabled", "true or false", "", "", "As recording.enabled, for this camera"),
        ]
            + ruleRows("recording.", Settings().recording.rules).map { row in
                Row("cameras[].\(row.key)", row.type, "", row.range, "As \(row.key), for this camera")
            } + [
                Row(
                    "cameras[].recording.max_storage_gb", "number or null", "", "0.001 to 1000000",
                    "What this camera's recordings may take of recording.max_storage_gb")
            ]
    }

    private static func ruleRows(_ prefix: String, _ rules: Settings.Recording.Rules) -> [Row] {
        [
            Row(
                prefix + "min_confidence", "number", "\(rules.minConfidence)", "0 to 1",
                "Confidence that makes an event"),
            Row(
                prefix + "record_objects", "list of texts", list(rules.objects), "class names of the model",
                "Only these classes make an event; empty means all"),
            Row(
                prefix + "min_duration_seconds", "number", numberText(rules.minDurationSeconds), "0 to 3600",
                "How long an object must be in sight to make an event"),
            Row(
                prefix + "min_area", "number or null", "null", "0 to 1000000000",
                "Smallest area that makes an event, in square pixels of the camera's picture"),
            Row(
                prefix + "stationary_seconds", "number", numberText(rules.stationarySeconds), "1 to 86400",
                "An object that has not moved for so long ends its event, until it moves again"),
            Row(
                prefix + "pre_buffer_seconds", "number", numberText(rules.preBufferSeconds), "0 to 300",
                "Seconds in the clip from before the event"),
            Row(
                prefix + "post_buffer_seconds", "number", numberText(rules.postBufferSeconds), "0 to 3600",
                "Seconds in the clip after the last sight"),
        ]
    }
}
