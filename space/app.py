"""Page of the Space: keypoints in, 3D poses out, to play, turn and download."""

import os
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
from uploads import LARGEST, LIFTERS, MOST_FRAMES, MOST_PEOPLE, lifted

from lifting.errors import InputError
from lifting.inference.app.words import sentence
from lifting.inference.keypoint_files import FORMATS
from lifting.inference.options import ReadOptions
from lifting.skeletons import SKELETONS

# What a file may unpack to.
os.environ.setdefault("LIFTING_READ_LIMIT", "256M")

WALK = Path(__file__).parent / "examples/walk_alphapose.json"
ENDINGS = [".json", ".npz", ".npy", ".csv", ".h5", ".trc"]
TOLD = "as the file tells"
HEADING = f"""# 2D keypoints to 3D poses

Give the keypoints of a detector: AlphaPose's, COCO's, MediaPipe's, MMPose's, Ultralytics', DeepLabCut's,
VideoPose3D's, and of OpenPose all files of a recording together. Out come poses to play and turn,
`.npz`, CSV and BVH. At most {LARGEST / 1e6:.0f} MB, {MOST_FRAMES:,} frames and {MOST_PEOPLE} people;
within 20 minutes all of it is removed.
"""
DETAILS = "What the file does not tell"


def main() -> None:
    """Serve the page until it is ended."""
    # One at a time: whoever comes meanwhile waits, up to so many.
    page = build().queue(max_size=20, default_concurrency_limit=1)
    page.launch(max_file_size=LARGEST, footer_links=[])


def build() -> gr.Blocks:
    """Return the page."""
    nothing = gr.update(value=None, visible=False)

    def lift(
        files: list[str] | None,
        lifter: str,
        skeleton: str,
        form: str,
        width: float | None,
        height: float | None,
        fps: float | None,
        stills: bool,
    ) -> Iterator[tuple[str, str, object]]:
        """Yield what the page shows: text, frame and files, of which it keeps copies."""
        try:
            read_options = ReadOptions(
                skeleton=None if skeleton == TOLD else skeleton,
                format=None if form == TOLD else form,
                width=width or None,
                height=height or None,
                stills=stills,
            )
        except InputError as error:
            yield str(sentence(error)), "", nothing
            return
        with lifted(files or [], lifter, read_options, fps or None) as answer:
            found = gr.update(value=list(answer.files), visible=True)
            yield answer.text, answer.page, found if answer.files else nothing

    with gr.Blocks(title="2D keypoints to 3D poses", delete_cache=(300, 900)) as page:
        gr.Markdown(HEADING)
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                files = gr.File(label="Keypoints", file_count="multiple", file_types=ENDINGS)
                lifter = gr.Radio(LIFTERS, value=LIFTERS[0], label="Lifter")
                with gr.Accordion(DETAILS, open=False):
                    skeleton = gr.Dropdown([TOLD, *SKELETONS], value=TOLD, label="Joint set")
                    form = gr.Dropdown([TOLD, *FORMATS], value=TOLD, label="Format")
                    width = gr.Number(
                        label="Width", minimum=0, value=None, info="of the images, pixels"
                    )
                    height = gr.Number(label="Height", minimum=0, value=None)
                    fps = gr.Number(label="Frames per second", minimum=0, value=None)
                    stills = gr.Checkbox(label="photographs, no video")
                start = gr.Button("Lift", variant="primary")
                example = [[str(WALK)], 1000, 1000, 50]
                gr.Examples(
                    [example],
                    [files, width, height, fps],
                    label="Example",
                    example_labels=["someone who walks"],
                )
            with gr.Column(scale=2, min_width=300):
                text = gr.Textbox(label="Result", interactive=False, lines=2)
                shown = gr.HTML(padding=False)
                results = gr.File(label="Download", file_count="multiple", visible=False)
        given = [files, lifter, skeleton, form, width, height, fps, stills]
        start.click(lift, given, [text, shown, results], api_name=False)
    return page


if __name__ == "__main__":
    main()
