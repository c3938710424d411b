import Foundation

/// Schemas, and the small parts of the page.
extension DocumentPage {
    /// What a reference stands for; anything else as it is.
    func resolved(_ value: OrderedJSON) -> OrderedJSON {
        guard let reference = value["$ref"]?.text, reference.hasPrefix("#/") else { return value }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0?[String($1)] } ?? value
    }

    /// A named schema with all its fields.
    func shape(_ schema: OrderedJSON.Field) -> String {
        let name = htmlEscaped(schema.key)
        let rows = fields(of: schema.value, prefix: "").map { path, field in
            ["<code>\(htmlEscaped(path))</code>", kind(field), prose(field["description"])]
        }
        return "<article id=\"shape-\(name)\"><h3>\(name)</h3>\(prose(schema.value["description"]))"
            + (rows.isEmpty ? "<p>\(kind(schema.value))</p>" : table(["field", "type", "meaning"], rows)) + "</article>"
    }

    /// The fields of an object and of the objects that stand unnamed in it; those that may be missing end in `?`.
    private func fields(of schema: OrderedJSON, prefix: String) -> [(String, OrderedJSON)] {
        let required = Set(schema["required"]?.elements.compactMap(\.text) ?? [])
        return (schema["properties"]?.fields ?? []).flatMap { field in
            let path = prefix + field.key
            return [(path + (required.contains(field.key) ? "" : "?"), field.value)] + inner(field.value, path: path)
        }
    }

    private func inner(_ schema: OrderedJSON, path: String) -> [(String, OrderedJSON)] {
        if let items = schema["items"] { return inner(items, path: path + "[]") }
        if let values = schema["additionalProperties"], !values.fields.isEmpty, schema["properties"] == nil {
            return inner(values, path: path + ".*")
        }
        return fields(of: schema, prefix: path + ".")
    }

    /// What a schema admits, in words, as HTML.
    func kind(_ schema: OrderedJSON?) -> String {
        guard let schema else { return "" }
        if let name = schema["$ref"]?.text?.split(separator: "/").last {
            return "<a href=\"#shape-\(htmlEscaped(name))\">\(htmlEscaped(name))</a>"
        }
        if let constant = schema["const"] { return "<code>\(htmlEscaped(constant.compact))</code>" }
        if let choices = schema["enum"]?.elements {
            return choices.map { "<code>\(htmlEscaped($0.compact))</code>" }.joined(separator: " or ")
        }
        let types = schema["type"]?.text.map { [$0] } ?? schema["type"]?.elements.compactMap(\.text) ?? []
        let words = types.map { type in
            switch type {
            case "array": "array of " + kind(schema["items"])
            case "object": mapping(schema)
            default: htmlEscaped(type)
            }
        }
        let format = schema["format"]?.text.map { ", \(htmlEscaped($0))" } ?? ""
        return words.joined(separator: " or ") + format + bounds(schema)
    }

    private func mapping(_ schema: OrderedJSON) -> String {
        guard schema["properties"] == nil, let values = schema["additionalProperties"], !values.fields.isEmpty else {
            return "object"
        }
        return "object of " + kind(values)
    }

    private func bounds(_ schema: OrderedJSON) -> String {
        let low = schema["minimum"]?.compact ?? schema["minItems"]?.compact
        let high = schema["maximum"]?.compact ?? schema["maxItems"]?.compact
        return switch (low, high) {
        case (let low?, let high?): low == high ? ", \(low)" : ", \(low) to \(high)"
        case (let low?, nil): ", \(low) or more"
        case (nil, let high?): ", at most \(high)"
        case (nil, nil): ""
        }
    }

    func table(_ heads: [String], _ rows: [[String]]) -> String {
        let head = heads.map { "<th>\($0)</th>" }.joined()
        let body = rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined(separator: "\n")
        return "<table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table>"
    }

    /// Paragraphs of a description; what stands between backticks as code.
    func prose(_ text: OrderedJSON?) -> String {
        guard let text = text?.text else { return "" }
        return text.components(separatedBy: "\n\n").map { paragraph in
            let parts = paragraph.components(separatedBy: "`").enumerated().map { index, part in
                index.isMultiple(of: 2) ? htmlEscaped(part) : "<code>\(htmlEscaped(part))</code>"
            }
            return "<p>\(parts.joined())</p>"
        }.joined()
    }

    /// A value as one would write it in an address.
    static func plain(_ value: OrderedJSON) -> String {
        switch value {
        case .text(let text): text
        case .array(let elements): elements.map(plain).joined(separator: ",")
        default: value.compact
        }
    }
}
