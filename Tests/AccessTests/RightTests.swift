import Access
import Testing

@Test("Rights have the names that the settings use")
func namesOfRights() { #expect(Right.allCases.map(\.rawValue) == ["publish", "read"]) }
