curl http://localhost:8080/status
curl http://localhost:8080/paths
# Stream first camera
curl http://localhost:8080/video/stream
# Stream specific camera
curl http://localhost:8080/video/stream?path=video/front-door
# Get all recordings
curl http://localhost:8080/api/recordings
# Get recordings with pagination
curl "http://localhost:8080/api/recordings?limit=10&offset=20"
# Filter by object class
curl "http://localhost:8080/api/recordings?object_type=person"
# Filter by stream ID
curl "http://localhost:8080/api/recordings?stream_id=fd778237-c3e5-49e8-be03-e588801943be"
# Filter by date range
curl "http://localhost:8080/api/recordings?start_date=2025-10-01&end_date=2025-10-12"
# Filter by minimum confidence and sort
curl "http://localhost:8080/api/recordings?min_confidence=0.8&sort_by=confidence&sort_order=desc"
curl http://localhost:8080/api/recordings/42
curl http://localhost:8080/api/recordings/stats
# Download recording
curl -O http://localhost:8080/recordings/recording_20251012_190530_front-door.mp4
# Get system status
curl http://localhost:8080/status | jq
# List recent recordings
curl http://localhost:8080/api/recordings?limit=10 | jq
# Find recordings with people
curl "http://localhost:8080/api/recordings?object_type=person" | jq
# Find recordings with high confidence, sorted by confidence
curl "http://localhost:8080/api/recordings?min_confidence=0.8&sort_by=confidence&sort_order=desc" | jq
# Filter by date range
curl "http://localhost:8080/api/recordings?start_date=2025-10-01&end_date=2025-10-12" | jq
# Get recording statistics
curl http://localhost:8080/api/recordings/stats | jq
# Download a recording (use file_url from API response)
curl -O http://localhost:8080/recordings/front-door_2025-10-12_19-05-30.mp4
# Get a specific recording's details
curl http://localhost:8080/api/recordings/42 | jq
# Stream video to file
curl "http://localhost:8080/video/stream?path=video/front-door" > stream.mjpeg
