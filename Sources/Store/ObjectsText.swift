internal import Domain

/// The JSON in the columns `objects_detected` and `tracker_ids`.
enum ObjectsText {
    static func json(_ objects: [RecordedObject]) -> String {
        var text = "["
        for object in objects {
            if text.utf8.count > 1 { text += "," }
            let box = object.box
            text += "{\"class\":\(quoted(object.className)),\"confidence\":\(object.confidence),"
            text += "\"bbox\":[\(box.x1),\(box.y1),\(box.x2),\(box.y2)]"
            if let id = object.trackID { text += ",\"tracker_id\":\(id)" }
            text += "}"
        }
        return text + "]"
    }

    /// `[42, 15]`, each once; nil without any.
    static func trackIDs(_ objects: [RecordedObject]) -> String? {
        var seen: Set<TrackID> = []
        let ids = objects.compactMap(\.trackID).filter { seen.insert($0).inserted }
        return ids.isEmpty ? nil : "[\(ids.map(String.init).joined(separator: ", "))]"
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
