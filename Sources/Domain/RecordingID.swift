/// Number of a recording: positive, never used twice in the life of a database.
package typealias RecordingID = Int64
