"""`spectrax track` on stored detections, scored by motmetrics: MOTA, IDF1 and identity switches."""
import configparser
import importlib.util
import sys

import bench


def evaluator():
    """The scoring of `shared/data/mot_eval.py`."""
    spec = importlib.util.spec_from_file_location("mot_eval", bench.DATA / "mot_eval.py")
    module = importlib.util.module_from_spec(spec)
    # It lies in a directory that may be read-only.
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module.evaluate


def main():
    table = bench.Table("tracking")
    if not (bench.DATA / "mot_eval.py").is_file():
        return bench.skip("tracking", "needs shared/data/mot beside the checkout")
    evaluate = evaluator()
    for detections in sorted((bench.DATA / "mot").glob("*/det/*.txt")):
        sequence = detections.parent.parent
        info = configparser.ConfigParser()
        info.read(sequence / "seqinfo.ini")
        result = bench.OUT / f"tracking-{sequence.name}-{detections.stem}.txt"
        bench.run(bench.SPECTRAX, "track", detections, "--frame-rate", info["Sequence"]["frameRate"], "--output", result)
        score = evaluate(str(sequence), str(result))
        mota, idf1, switches = score["mota"], score["idf1"], int(score["num_switches"])
        bar, met = "", None
        if sequence.name == "PETS09-S2L1" and "yolox" in detections.stem:
            bar, met = ">= .70 / .72 / <= 15", bool(mota >= 0.70 and idf1 >= 0.72 and switches <= 15)
        name = detections.stem.removeprefix("det_")
        table.add(f"MOTA / IDF1 / switches, {sequence.name}, {name}", f"{mota:.3f} / {idf1:.3f} / {switches}", bar, met)


if __name__ == "__main__":
    main()
