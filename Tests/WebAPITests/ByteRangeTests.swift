import HTTPTypes
import Testing

@testable import WebAPI

/// After RFC 9110, section 14, and the mistakes of other servers.
@Suite struct ByteRangeTests {
    @Test(
        arguments: [
            (nil, .whole), ("", .whole), ("bytes=0-0", .part(0..<1)), ("bytes=0-499", .part(0..<500)),
            ("bytes=500-", .part(500..<1000)), ("bytes=-500", .part(500..<1000)), ("bytes=-1", .part(999..<1000)),
            ("bytes=-5000", .part(0..<1000)), ("bytes=999-", .part(999..<1000)), ("bytes=990-5000", .part(990..<1000)),
            ("BYTES = 1-2", .part(1..<3)), ("bytes=1000-", .unsatisfiable), ("bytes=1000-2000", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=0-99999999999999999999", .part(0..<1000)), ("bytes=5-1", .whole), ("bytes=0-1,5-6", .whole),
            ("items=0-1", .whole), ("bytes=a-b", .whole), ("bytes=--1", .whole), ("bytes=-", .whole), ("bytes", .whole),
            ("bytes=1- 2", .part(1..<3)), ("bytes=+1-2", .whole), ("bytes=0x1-2", .whole),
        ] as [(String?, ByteRange)])
    func fieldsBecomeRanges(_ field: String?, _ expected: ByteRange) {
        #expect(ByteRange(field, size: 1000) == expected)
    }

    @Test func anEmptyFileHasNoRange() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", size: 0) == .unsatisfiable)
        #expect(ByteRange(nil, size: 0) == .whole)
    }

    @Test(
        arguments: [
            ([.ifNoneMatch: "\"a\""], true, false), ([.ifNoneMatch: "\"b\", W/\"a\""], true, false),
            ([.ifNoneMatch: "\"a,b\", \"c\""], false, false), ([.ifNoneMatch: "*"], true, false),
            ([.ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"], true, false),
            ([.ifModifiedSince: "Sun, 06 Nov 1994 08:49:36 GMT"], false, false),
            // The entity tag is the better witness.
            ([.ifNoneMatch: "\"b\"", .ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"], false, false),
            ([.ifModifiedSince: "yesterday"], false, false),
            ([.ifMatch: "\"b\""], false, true), ([.ifMatch: "\"a\""], false, false),
            ([.ifMatch: "W/\"a\""], false, true),
            ([.ifUnmodifiedSince: "Sun, 06 Nov 1994 08:49:36 GMT"], false, true),
        ] as [(HTTPFields, Bool, Bool)])
    func conditionsAreHeld(_ headers: HTTPFields, _ isUnmodified: Bool, _ isRefused: Bool) {
        let conditions = FileConditions(entityTag: "\"a\"", modifiedSeconds: 784_111_777, headers: headers)
        #expect(conditions.isUnmodified == isUnmodified)
        #expect(conditions.isRefused == isRefused)
    }

    @Test(arguments: [
        ("\"a\"", true), ("W/\"a\"", false), ("\"b\"", false), ("Sun, 06 Nov 1994 08:49:37 GMT", true),
        ("Sun, 06 Nov 1994 08:49:38 GMT", false), ("x", false),
    ])
    func aPartOfAnotherVersionIsNotGiven(_ field: String, _ isValid: Bool) {
        let conditions = FileConditions(
            entityTag: "\"a\"", modifiedSeconds: 784_111_777, headers: [.ifRange: field])
        #expect(conditions.isRangeValid == isValid)
    }

    @Test func datesAreWrittenAsHTTPWants() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.seconds(of: HTTPDate.text(1_760_295_930)) == 1_760_295_930)
        #expect(HTTPDate.seconds(of: "Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }
}
