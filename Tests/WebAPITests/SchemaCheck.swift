import Foundation

/// Holds values against the schemas of an OpenAPI 3.1 document: those keywords of JSON Schema that ours uses.
///
/// A keyword that it does not know is a fault, lest a schema demands what nobody checks.
struct SchemaCheck {
    let document: JSONValue

    private static let annotations: Set = [
        "description", "default", "example", "examples", "contentMediaType", "title",
    ]

    /// What is wrong with a value, each with its place; empty when it is as the schema says.
    func faults(of value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
        if let reference = schema["$ref"]?.string {
            guard let target = find(reference) else { return ["\(place): nothing is at \(reference)"] }
            return faults(of: value, target, at: place)
        }
        return schema.fields.sorted { $0.key < $1.key }.flatMap { keyword, wanted in
            faults(of: value, keyword, wanted, schema, at: place)
        }
    }

    /// What a reference stands for; anything else as it is.
    func resolved(_ value: JSONValue) -> JSONValue { value["$ref"]?.string.flatMap(find) ?? value }

    private func find(_ reference: String) -> JSONValue? {
        reference.dropFirst(2).split(separator: "/").reduce(document) { $0?[String($1)] }
    }

    private func faults(
        of value: JSONValue, _ keyword: String, _ wanted: JSONValue, _ schema: JSONValue, at place: String
    ) -> [String] {
        func fault(_ isRight: Bool) -> [String] { isRight ? [] : ["\(place): \(value) against \(keyword) \(wanted)"] }
        switch keyword {
        case "type":
            let types = wanted.string.map { [$0] } ?? wanted.elements.compactMap(\.string)
            return fault(types.contains(value.type) || (value.type == "integer" && types.contains("number")))
        case "const": return fault(value == wanted)
        case "enum": return fault(wanted.elements.contains(value))
        case "minimum": return fault(value.number.map { $0 >= wanted.number ?? .infinity } ?? true)
        case "maximum": return fault(value.number.map { $0 <= wanted.number ?? -.infinity } ?? true)
        case "minLength": return fault(value.string.map { Double($0.count) >= wanted.number ?? .infinity } ?? true)
        case "minItems":
            return fault(value.type != "array" || Double(value.elements.count) >= wanted.number ?? .infinity)
        case "maxItems": return fault(value.type != "array" || Double(value.elements.count) <= wanted.number ?? -1)
        case "pattern":
            guard let text = value.string, let pattern = wanted.string else { return [] }
            return fault(text.range(of: pattern, options: .regularExpression) != nil)
        case "format": return fault(value.string.map { isFormed($0, wanted.string ?? "") } ?? true)
        case "required":
            guard value.type == "object" else { return [] }
            return wanted.elements.compactMap(\.string).filter { value[$0] == nil }.map { "\(place): \($0) is missing" }
        case "properties":
            return wanted.fields.flatMap { key, schema in
                value[key].map { faults(of: $0, schema, at: "\(place).\(key)") } ?? []
            }
        case "additionalProperties":
            let others = value.fields.filter { schema["properties"]?[$0.key] == nil }
            if wanted == .bool(false) { return others.keys.map { "\(place): \($0) is not in the document" } }
            return others.flatMap { faults(of: $0.value, wanted, at: "\(place).\($0.key)") }
        case "items":
            return value.elements.enumerated().flatMap { faults(of: $1, wanted, at: "\(place)[\($0)]") }
        case "anyOf": return fault(wanted.elements.contains { faults(of: value, $0, at: place).isEmpty })
        case "oneOf": return fault(wanted.elements.filter { faults(of: value, $0, at: place).isEmpty }.count == 1)
        default: return Self.annotations.contains(keyword) ? [] : ["\(place): unknown keyword \(keyword)"]
        }
    }

    private func isFormed(_ text: String, _ format: String) -> Bool {
        let pattern =
            switch format {
            case "date-time": #"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?(Z|[+-]\d{2}:\d{2})$"#
            case "uuid": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
            default: "."
            }
        return text.range(of: pattern, options: .regularExpression) != nil
    }
}
