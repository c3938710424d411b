class SpectraXClient {
  constructor(baseUrl = 'http://localhost:8080') {
    this.baseUrl = baseUrl;
  }

  async getStatus() {
    const response = await fetch(`${this.baseUrl}/status`);
    return response.json();
  }

  async getRecordings(options = {}) {
    const params = new URLSearchParams({
      limit: options.limit || 100,
      offset: options.offset || 0,
      sort_by: options.sort_by || 'timestamp',
      sort_order: options.sort_order || 'desc',
      ...(options.object_type && { object_type: options.object_type }),
      ...(options.stream_id && { stream_id: options.stream_id }),
      ...(options.start_date && { start_date: options.start_date }),
      ...(options.end_date && { end_date: options.end_date }),
      ...(options.min_confidence !== undefined && { min_confidence: options.min_confidence })
    });

    const response = await fetch(`${this.baseUrl}/api/recordings?${params}`);
    return response.json();
  }

  async getRecording(id) {
    const response = await fetch(`${this.baseUrl}/api/recordings/${id}`);
    return response.json();
  }

  async getStats() {
    const response = await fetch(`${this.baseUrl}/api/recordings/stats`);
    return response.json();
  }

  getStreamUrl(cameraPath = null) {
    const params = cameraPath ? `?path=${cameraPath}` : '';
    return `${this.baseUrl}/video/stream${params}`;
  }

  getRecordingUrl(fileUrl) {
    // fileUrl should be the file_url from recording metadata (e.g., "/recordings/video.mp4")
    return `${this.baseUrl}${fileUrl}`;
  }
}

// Usage
const client = new SpectraXClient();

// Get system status
const status = await client.getStatus();
console.log(`System uptime: ${status.uptime_seconds}s`);

// Find recordings with people, sorted by confidence
const recordings = await client.getRecordings({
  object_type: 'person',
  min_confidence: 0.8,
  sort_by: 'confidence',
  sort_order: 'desc'
});
console.log(`Found ${recordings.total} recordings`);

// Display first recording
if (recordings.recordings.length > 0) {
  const rec = recordings.recordings[0];
  console.log(`Recording: ${rec.stream_name} at ${rec.timestamp}`);
  console.log(`Duration: ${rec.duration.toFixed(2)}s, Confidence: ${rec.confidence.toFixed(2)}`);

  // Create video element
  const video = document.createElement('video');
  video.src = client.getRecordingUrl(rec.file_url);
  video.controls = true;
  document.body.appendChild(video);
}
